import { describe, expect, test } from 'vitest';
import { CLOUD_CHECKS } from '../../cli/checks/cloud-checks.ts';
import { ACTIVE_POLICY, CHARTER_CONFIG, HEALTHY_SYSTEM } from '../../cli/testing/answers.ts';
import type { CloudflareServer } from '../cloudflare/server.ts';
import { idOf } from '../cloudflare/state.ts';
import { ACCESS_CONFIG, FILLED_CONFIG, operate, STAFF_ONLY, startAccount } from './account.ts';

/** An account whose zone has the firewall that `skclaw waf apply` makes. */
async function protectedAccount(): Promise<CloudflareServer> {
  const account = await startAccount();
  const applied = await operate(['waf', 'apply', '--yes'], { account });
  expect(applied).toMatchObject({ code: 0 });
  return account;
}

const validate = (
  account: CloudflareServer,
  options: Partial<Parameters<typeof operate>[1]> = {},
) => operate(['env', 'validate'], { account, ...options });

describe('the charter’s example config', () => {
  const retired = {
    ...FILLED_CONFIG,
    modelTierMap: CHARTER_CONFIG.modelTierMap,
  };

  test('fails by its retired model alone, naming the successor', async () => {
    const ran = await validate(await protectedAccount(), { config: retired });
    expect(ran.code).toBe(1);
    const failed = ran.checks().filter(({ status }) => status === 'failed');
    expect(failed.map(({ name }) => name)).toEqual(['config.modelTierMap.free']);
    expect(failed[0]?.message).toContain('its successor is @cf/zai-org/glm-4.7-flash');
  });

  test('passes with that changed', async () => {
    const account = await protectedAccount();
    const ran = await validate(account, { config: FILLED_CONFIG });
    expect(ran.checks().filter(({ status }) => status === 'failed')).toEqual([]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(account.violations).toEqual([]);
  });
});

test('asks the account about all that the config file names', async () => {
  const account = await protectedAccount();
  const ran = await validate(account);
  expect(ran.code).toBe(0);
  const cloud = ran
    .checks()
    .filter(({ name }) => (CLOUD_CHECKS as readonly string[]).includes(name));
  expect(cloud.map(({ name }) => name)).toEqual(CLOUD_CHECKS);
  const skipped = cloud.filter(({ status }) => status !== 'passed').map(({ name }) => name);
  // Nothing was deployed and nothing was called yet.
  expect(skipped).toEqual(['cloud.worker', 'routing.metadata']);
  expect(account.state.modelRequests).toEqual([
    { model: '@cf/zai-org/glm-4.7-flash', gateway: 'streamkinetics-gateway' },
  ]);
  expect(account.violations).toEqual([]);
  expect(ran.stdout + ran.stderr).not.toContain(account.state.token.value);
});

describe('one thing wrong in the account fails one check', () => {
  const zone = ({ state }: CloudflareServer) => state.zones.get(idOf('zone'))!;
  const app = ({ state }: CloudflareServer) => state.accessApps[0]!;
  const gateway = ({ state }: CloudflareServer) => state.aiGateways.get('streamkinetics-gateway')!;
  const rules = (account: CloudflareServer, phase: string) =>
    zone(account).rulesets.get(phase)!.rules;

  test.each<[name: string, says: RegExp, spoil: (account: CloudflareServer) => void]>([
    ['cloud.d1', /no D1 database/, ({ state }) => state.d1.clear()],
    ['cloud.kv', /no KV namespace/, ({ state }) => state.kv.clear()],
    ['cloud.r2', /no R2 bucket openclaw-backups/, ({ state }) => state.r2.clear()],
    [
      'cloud.containers',
      /the scheduling policy default/,
      ({ state }) =>
        state.containerApplications.push({
          id: 'x',
          name: 'streamkinetics-backend-agents',
          scheduling_policy: 'default',
        }),
    ],
    [
      'cloud.ai-gateway',
      /collects no logs/,
      (account) => (gateway(account)['collect_logs'] = false),
    ],
    [
      'cloud.ai-gateway',
      /automatic log deletion is off/,
      (account) => (gateway(account)['log_management_strategy'] = 'STOP_INSERTING'),
    ],
    ['cloud.model', /has been deprecated/, ({ state }) => state.models.clear()],
    ['cloud.access', /no Access application/, ({ state }) => state.accessApps.splice(0)],
    [
      'cloud.access',
      /does not cover api\.streamkinetics\.com\/admin/,
      (account) => (app(account)['destinations'] = [{ type: 'public', uri: app(account).domain }]),
    ],
    ['cloud.access', /lets nobody in/, (account) => (app(account)['policies'] = [])],
    [
      'cloud.access',
      /lets everyone in by the policy all/,
      (account) =>
        (app(account)['policies'] = [
          STAFF_ONLY,
          { name: 'all', decision: 'allow', include: [{ everyone: {} }] },
        ]),
    ],
    [
      'cloud.access',
      /lets everyone in/,
      (account) => (app(account)['policies'] = [{ ...STAFF_ONLY, decision: 'bypass' }]),
    ],
    ['cloud.zone', /is pending/, (account) => (zone(account).status = 'pending')],
    ['cloud.zone', /is not the one of/, (account) => (zone(account).name = 'example.com')],
    [
      'cloud.waf.managed',
      /is not there/,
      (account) => zone(account).rulesets.delete('http_request_firewall_managed'),
    ],
    [
      'cloud.waf.rate-limit',
      /is not as it should be/,
      (account) => (rules(account, 'http_ratelimit')[0]!['enabled'] = false),
    ],
    [
      'routing.metadata',
      /carries call, tenant in place of/,
      ({ state }) =>
        state.aiLogs.push({
          id: 'log',
          gateway: 'streamkinetics-gateway',
          metadata: '{"tenant":"t","call":"c.1"}',
        }),
    ],
  ])('%s: %s', async (name, says, spoil) => {
    const account = await protectedAccount();
    spoil(account);
    const ran = await validate(account);
    const failed = ran.checks().filter(({ status }) => status === 'failed');
    expect(failed.map((check) => check.name)).toEqual([name]);
    expect(failed[0]?.message).toMatch(says);
    expect(failed[0]?.fix).not.toBeNull();
    expect(ran.code).toBe(1);
  });
});

describe('a permission that the token lacks fails what needs it, by its name', () => {
  test.each([
    ['D1', 'cloud.d1', 'D1 Read'],
    ['Workers KV Storage', 'cloud.kv', 'Workers KV Storage Read'],
    ['Workers R2 Storage', 'cloud.r2', 'Workers R2 Storage Read'],
    ['Workers Scripts', 'cloud.worker', 'Workers Scripts Read'],
    ['Workers AI', 'cloud.model', 'Workers AI Read'],
    ['Access: Apps and Policies', 'cloud.access', 'Access: Apps and Policies Read'],
    ['Containers', 'cloud.containers', 'Containers Read'],
  ])('%s', async (group, name, permission) => {
    const account = await protectedAccount();
    const { token } = account.state;
    token.permissions = token.permissions.filter((each) => !each.startsWith(`${group} `));
    const ran = await validate(account);
    expect(ran.checks().filter(({ status }) => status === 'failed')).toMatchObject([
      {
        name,
        message: expect.stringContaining(`CLOUDFLARE_API_TOKEN may not: it needs ${permission}.`),
      },
    ]);
  });
});

describe('the token', () => {
  test('that is wrong skips all that would need it', async () => {
    const account = await startAccount();
    const ran = await validate(account, { env: { CLOUDFLARE_API_TOKEN: 'canary-of-a-token' } });
    expect(ran.check('cloud.token')).toMatchObject({ status: 'failed' });
    const rest = CLOUD_CHECKS.slice(1).map((name) => ran.check(name)?.status);
    expect(new Set(rest)).toEqual(new Set(['skipped']));
    expect(ran.stdout + ran.stderr).not.toContain('canary-of-a-token');
  });

  test('of an account is verified as one', async () => {
    const account = await protectedAccount();
    account.state.token.owner = 'account';
    expect((await validate(account)).check('cloud.token')).toMatchObject({ status: 'passed' });
  });

  test('that is disabled fails', async () => {
    const account = await startAccount();
    account.state.token.status = 'disabled';
    const ran = await validate(account);
    expect(ran.check('cloud.token')).toMatchObject({ message: 'The API token is disabled.' });
  });

  test('goes nowhere but to https or this machine', async () => {
    const account = await startAccount();
    const ran = await validate(account, {
      env: { CLOUDFLARE_API_BASE_URL: 'http://example.com/client/v4' },
    });
    expect(ran.check('cloud.token')).toMatchObject({ status: 'failed' });
    expect(ran.check('cloud.token')?.message).toContain('CLOUDFLARE_API_BASE_URL must be');
  });

  test('is not needed: without it Cloudflare is not asked', async () => {
    const account = await startAccount();
    const ran = await validate(account, { env: { CLOUDFLARE_API_TOKEN: undefined } });
    expect(ran.code).toBe(0);
    expect(ran.check('cloud.d1')).toMatchObject({ status: 'skipped' });
    expect(account.requests).toEqual([]);
  });
});

test('the Worker’s own key makes the call and reads its log where this shell has it', async () => {
  const account = await protectedAccount();
  const key = 'canary-of-the-worker-key';
  const ran = await validate(account, { env: { CLOUDFLARE_AI_GATEWAY_API_KEY: key } });
  for (const name of ['cloud.model', 'routing.metadata']) {
    expect(ran.check(name)?.message).toContain('CLOUDFLARE_AI_GATEWAY_API_KEY');
  }
  expect(ran.check('cloud.ai-gateway')).toMatchObject({ status: 'passed' });
  expect(ran.stdout + ran.stderr).not.toContain(key);
});

test('the newest call of the system is looked at for its metadata, the probe’s own is not', async () => {
  const account = await protectedAccount();
  await validate(account);
  const again = await validate(account);
  expect(account.state.aiLogs).toHaveLength(2);
  expect(again.check('routing.metadata')).toMatchObject({ status: 'skipped' });
  const metadata = { tenant: 't', platform: 'p', tier: 'free', workload: 'chat', call: 'c.1' };
  account.state.aiLogs.push({
    id: 'log',
    gateway: 'streamkinetics-gateway',
    metadata: JSON.stringify(metadata),
  });
  expect((await validate(account)).check('routing.metadata')).toMatchObject({ status: 'passed' });
});

test('an outage of one service fails its check and no other', async () => {
  const account = await protectedAccount();
  account.failNext({ path: '/d1/database', status: 500, times: 9 });
  const ran = await validate(account);
  expect(ran.checks().filter(({ status }) => status === 'failed')).toMatchObject([
    { name: 'cloud.d1', message: expect.stringContaining('Cloudflare’s API failed.') },
  ]);
});

test('offline nobody is asked', async () => {
  const account = await startAccount();
  const ran = await operate(['env', 'validate', '--offline'], { account });
  expect(account.requests).toEqual([]);
  expect(ran.check('cloud.d1')).toMatchObject({ status: 'skipped' });
  expect(ran.check('system.reachable')).toMatchObject({ status: 'skipped' });
});

describe('without what is optional in the config file', () => {
  const { accessAud: _aud, accessTeamDomain: _team, ...withoutAccess } = ACCESS_CONFIG;
  const silent = [{ status: 503, body: { error: { code: 'agent_unavailable', message: 'No.' } } }];

  test('Access is skipped, and the Worker must have it otherwise', async () => {
    const account = await startAccount();
    const ran = await validate(account, { config: withoutAccess, system: silent });
    expect(ran.check('cloud.access')).toMatchObject({ status: 'skipped' });
    expect(ran.check('env.CF_ACCESS_AUD')).toMatchObject({
      status: 'failed',
      fix: 'Add accessAud to the config file.',
    });
    expect(ran.check('env.ACCESS_ADMINS')).toMatchObject({ status: 'failed' });
  });

  test('there is no platform to route', async () => {
    const { defaultPlatform: _, ...config } = ACCESS_CONFIG;
    const ran = await validate(await startAccount(), { config });
    expect(ran.check('config.defaultPlatform')).toMatchObject({ status: 'failed' });
    expect(ran.check('wrangler.routes')).toMatchObject({ status: 'skipped' });
  });
});

test('staging is not deployed by production’s config file', async () => {
  const account = await startAccount();
  const shared = await operate(['env', 'validate', '--env', 'staging', '--offline'], { account });
  expect(shared.check('config.environment')).toMatchObject({
    status: 'failed',
    fix: 'cp .skclaw.json .skclaw.staging.json',
  });
  const own = await operate(['env', 'validate', '--env', 'staging', '--offline'], {
    account,
    files: { '.skclaw.staging.json': ACCESS_CONFIG },
  });
  expect(own.check('config.environment')).toMatchObject({ status: 'passed' });
});

describe('the policy in force', () => {
  test('that differs from the config file holds, and the check says so', async () => {
    const ran = await validate(await startAccount());
    expect(ran.check('routing.modelTierMap.free')).toMatchObject({ status: 'passed' });
    expect(ran.check('routing.modelTierMap.premium')).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('routes premium to @cf/moonshotai/kimi-k2.6'),
    });
  });

  test.each([
    [
      'a retired model',
      [{ model: '@cf/meta/llama-3.1-8b-instruct' }],
      '--default --model @cf/zai-org/glm-4.7-flash',
    ],
    [
      'a model that is not in the catalog',
      [
        { model: '@cf/zai-org/glm-4.7-flash' },
        {
          tier: 'premium',
          workload: 'chat',
          model: '@cf/moonshotai/kimi-k2.6',
          fallback: '@cf/none',
        },
      ],
      '--tier premium --workload chat --model @cf/moonshotai/kimi-k2.6 --fallback @cf/zai-org/glm-4.7-flash',
    ],
    [
      'no route for free',
      [{ tier: 'premium', model: '@cf/zai-org/glm-4.7-flash' }],
      '--tier free --workload any --model @cf/zai-org/glm-4.7-flash',
    ],
  ])('fails with %s', async (says, rules, fix) => {
    const shared = { fallback: null, firstByteTimeoutMs: 20_000, maxOutputTokens: 4_096 };
    const policy = { ...ACTIVE_POLICY, rules: rules.map((rule) => ({ ...shared, ...rule })) };
    const system = HEALTHY_SYSTEM.map((answer) =>
      answer.path.endsWith('/policies/active') ? { ...answer, body: policy } : answer,
    );
    const ran = await validate(await startAccount(), { system });
    expect(ran.check('routing.policy')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining(says),
      // What mends it names the rule, and the environment: without one it would be production.
      fix: `skclaw routing set ${fix} --env production`,
    });
  });
});
