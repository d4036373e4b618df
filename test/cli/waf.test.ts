import { describe, expect, test } from 'vitest';
import { skclaw } from '../../cli/testing/harness.ts';
import type { CloudflareServer } from '../cloudflare/server.ts';
import { idOf, type Rule, type Zone } from '../cloudflare/state.ts';
import { operate, startAccount } from './account.ts';

const MANAGED = 'http_request_firewall_managed';
const RATE_LIMIT = 'http_ratelimit';
const CLOUDFLARE_MANAGED = 'efb7b8c949ac4650a09736fc376e9aee';

function zoneOf({ state }: CloudflareServer): Zone {
  const zone = state.zones.get(idOf('zone'));
  if (!zone) throw new Error('There is no zone.');
  return zone;
}

function rulesOf(account: CloudflareServer, phase: string): Rule[] {
  return zoneOf(account).rulesets.get(phase)?.rules ?? [];
}

/** Gives the zone a rule of somebody else. */
function addRule(account: CloudflareServer, phase: string, rule: Record<string, unknown>): void {
  zoneOf(account).rulesets.set(phase, {
    id: idOf(phase),
    name: 'default',
    kind: 'zone',
    phase,
    version: '1',
    last_updated: '2026-11-01T00:00:00.000Z',
    rules: [{ id: idOf('theirs'), version: '1', enabled: true, ...rule }],
  });
}

const THEIR_LIMIT = {
  ref: 'theirs',
  description: 'Searches',
  action: 'block',
  expression: 'http.request.uri.path eq "/search"',
  ratelimit: { characteristics: ['cf.colo.id', 'ip.src'], period: 60, requests_per_period: 20 },
};

const plan = (account: CloudflareServer) => operate(['waf', 'plan'], { account });
const apply = (account: CloudflareServer, options: { ask?: () => Promise<string> } = {}) =>
  operate(['waf', 'apply', ...(options.ask ? [] : ['--yes'])], { account, ...options });
const changed = (data: Record<string, unknown>) =>
  (data['changes'] as { phase: string; kind: string }[]).map(({ phase, kind }) => [phase, kind]);

test('the plan says what is lacking and writes nothing', async () => {
  const account = await startAccount();
  const ran = await plan(account);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.data()).toMatchObject({ zone: 'streamkinetics.com', plan: 'pro', skipped: [] });
  expect(changed(ran.data())).toEqual([
    [MANAGED, 'create'],
    [RATE_LIMIT, 'create'],
  ]);
  expect(account.requests.every(({ method }) => method === 'GET')).toBe(true);
});

describe('apply', () => {
  test('brings an empty zone to what is wanted, and is done then', async () => {
    const account = await startAccount();
    const ran = await apply(account);
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ applied: 2 });
    expect(rulesOf(account, MANAGED)).toMatchObject([
      { action: 'execute', enabled: true, action_parameters: { id: CLOUDFLARE_MANAGED } },
    ]);
    expect(rulesOf(account, RATE_LIMIT)).toMatchObject([
      {
        action: 'block',
        enabled: true,
        ratelimit: { period: 60, requests_per_period: 1_200, mitigation_timeout: 60 },
      },
    ]);
    const before = account.requests.length;
    expect((await apply(account)).data()).toMatchObject({ applied: 0, changes: [] });
    expect(account.requests.slice(before).every(({ method }) => method === 'GET')).toBe(true);
    expect(account.violations).toEqual([]);
  });

  test('covers sign-in, invites, the APIs and the path form, and leaves out what Access guards', async () => {
    const account = await startAccount();
    await apply(account);
    const expression = String(rulesOf(account, RATE_LIMIT)[0]?.['expression']);
    for (const path of ['/api/', '/v1/', '/t/', '/join/', '/openclaw']) {
      expect(expression).toContain(`starts_with(http.request.uri.path, "${path}")`);
    }
    expect(expression).not.toContain('/admin');
  });

  test('leaves the rules of others as they are', async () => {
    const account = await startAccount();
    addRule(account, RATE_LIMIT, THEIR_LIMIT);
    addRule(account, MANAGED, {
      ref: 'owasp',
      action: 'execute',
      expression: 'http.host eq "x"',
      action_parameters: { id: CLOUDFLARE_MANAGED },
    });
    const theirs = structuredClone(rulesOf(account, RATE_LIMIT)[0]);
    expect((await apply(account)).code).toBe(0);
    expect(rulesOf(account, RATE_LIMIT)).toHaveLength(2);
    expect(rulesOf(account, RATE_LIMIT)[0]).toMatchObject({ ...theirs, version: '2' });
    expect(rulesOf(account, MANAGED).map(({ ref }) => ref)).toEqual([
      'owasp',
      'skclaw_managed_rules',
    ]);
    expect(account.violations).toEqual([]);
  });

  test('takes managed rules that somebody else turned on for what they are', async () => {
    const account = await startAccount();
    addRule(account, MANAGED, {
      ref: 'theirs',
      action: 'execute',
      expression: 'true',
      action_parameters: { id: CLOUDFLARE_MANAGED },
    });
    await apply(account);
    expect(rulesOf(account, MANAGED)).toHaveLength(1);
  });

  test('mends a rule of ours that somebody changed, in its place', async () => {
    const account = await startAccount();
    await apply(account);
    const [ours] = rulesOf(account, RATE_LIMIT);
    Object.assign(ours ?? {}, {
      enabled: false,
      ratelimit: { ...(ours?.['ratelimit'] as object), period: 10 },
    });
    const ran = await apply(account);
    expect(ran.data()).toMatchObject({
      applied: 1,
      changes: [{ kind: 'update', before: { enabled: false, ratelimit: { period: 10 } } }],
    });
    expect(rulesOf(account, RATE_LIMIT)).toMatchObject([
      { id: ours?.id, enabled: true, ratelimit: { period: 60 } },
    ]);
  });

  test('on a free plan keeps to what it may be, and says what it leaves', async () => {
    const account = await startAccount();
    zoneOf(account).plan = 'free';
    const ran = await apply(account);
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({
      plan: 'free',
      applied: 1,
      skipped: [{ phase: MANAGED, reason: expect.stringContaining('needs Pro') }],
    });
    expect(rulesOf(account, RATE_LIMIT)).toMatchObject([
      { ratelimit: { period: 10, mitigation_timeout: 10, requests_per_period: 200 } },
    ]);
  });

  test('says so where the plan has no room for another rule', async () => {
    const account = await startAccount();
    zoneOf(account).plan = 'free';
    addRule(account, RATE_LIMIT, {
      ...THEIR_LIMIT,
      ratelimit: { ...THEIR_LIMIT.ratelimit, period: 10 },
    });
    const ran = await apply(account);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain('exceeded the maximum number of rules');
    expect(rulesOf(account, RATE_LIMIT)).toHaveLength(1);
  });

  test('asks first, and changes nothing without a yes', async () => {
    const account = await startAccount();
    const questions: string[] = [];
    const ask = (answer: string) => ({
      ask: (question?: string) => {
        questions.push(String(question));
        return Promise.resolve(answer);
      },
    });
    const refused = await apply(account, ask('n'));
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(rulesOf(account, RATE_LIMIT)).toEqual([]);
    expect((await apply(account, ask('y'))).code).toBe(0);
    expect(questions[0]).toContain('streamkinetics.com? [y/N]');
    const alone = await operate(['waf', 'apply'], { account: await startAccount() });
    expect(alone.error().code).toBe('confirmation_required');
  });
});

describe('waf is refused', () => {
  test('for local, which has no zone', async () => {
    const ran = await skclaw(['waf', 'plan', '--env', 'local']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().code).toBe('invalid_usage');
  });

  test('without the permission, as not let in', async () => {
    const account = await startAccount();
    account.state.token.permissions = ['Zone Read'];
    const ran = await plan(account);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.error().message).toContain('it needs Zone WAF Read.');
  });

  test('for a zone that the token does not see', async () => {
    const account = await startAccount();
    account.state.zones.clear();
    const ran = await plan(account);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().code).toBe('not_found');
  });

  test('by an outage, as a failing service', async () => {
    const account = await startAccount();
    account.failNext({ path: '/rulesets/', cut: true, times: 9 });
    const ran = await plan(account);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.error().code).toBe('upstream_failed');
  });

  test('half-way, with what was written before left there', async () => {
    const account = await startAccount();
    account.failNext({ method: 'PUT', path: RATE_LIMIT, status: 400, message: 'No.' });
    const ran = await apply(account);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain('skclaw: Cloudflare Managed Ruleset');
    expect(rulesOf(account, MANAGED)).toHaveLength(1);
    expect((await apply(account)).data()).toMatchObject({ applied: 1 });
  });
});

test('as a table each rule is a line', async () => {
  const ran = await operate(['waf', 'plan', '--format', 'table'], {
    account: await startAccount(),
  });
  expect(ran.stdout).toMatch(/^http_ratelimit +create +skclaw: public paths by address$/m);
});
