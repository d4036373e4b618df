import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../cli/config.ts';
import type { DeployReport } from '../../cli/deploy/apply.ts';
import { execute } from '../../cli/execute.ts';
import type { Io } from '../../cli/io.ts';
import { ACTIVE_POLICY, INSPECTION, TENANT } from '../../cli/testing/answers.ts';
import { folderWith, skclaw } from '../../cli/testing/harness.ts';
import { MODEL_CATALOG, PRICE_VERSION } from '../../contract/models.ts';
import { startDocker } from '../cloudflare/docker/index.ts';
import { startEdge } from '../cloudflare/edge.ts';
import { seedVersion, seedWorker } from '../cloudflare/seed.ts';
import type { CloudflareServer } from '../cloudflare/server.ts';
import { configOf } from '../cloudflare/skclaw-config.ts';
import { idOf } from '../cloudflare/state.ts';
import { deploy as deployVersions } from '../cloudflare/worker-releases.ts';
import { startAccount } from './account.ts';
import { deployProject } from './deploy-project.ts';
import { operate } from './account.ts';

const CREDENTIALS = {
  CF_ACCESS_CLIENT_ID: 'deployer.access',
  CF_ACCESS_CLIENT_SECRET: 'canary-of-the-service-token',
};
const WORKER = 'streamkinetics-backend';
const READY = { ...INSPECTION, agent: { ...INSPECTION.agent, state: 'ready' } };
const json =
  (body: unknown, status = 200) =>
  (): Response =>
    Response.json(body, { status });

/** The routes that a smoke test asks of the released system. */
const SMOKE_ANSWERS = {
  'POST /admin/api/tenants': json({ ...TENANT, invite: null, pending: false }, 201),
  [`POST /admin/api/agents/${TENANT.id}/wake`]: json(INSPECTION.agent),
  [`GET /admin/api/agents/${TENANT.id}`]: json(READY),
  [`DELETE /admin/api/tenants/${TENANT.id}`]: json({ ...TENANT, pending: false }),
};

const GLM = '@cf/zai-org/glm-4.7-flash';
const POLICY_ANSWERS = {
  'GET /admin/api/routing/policies': json({
    policies: [{ ...ACTIVE_POLICY, ruleCount: 3 }],
    cursor: null,
  }),
  'GET /admin/api/routing/policies/active': json(ACTIVE_POLICY),
  'GET /admin/api/routing/models': json({ models: MODEL_CATALOG, priceVersion: PRICE_VERSION }),
  'POST /admin/api/routing/policies': json({ ...ACTIVE_POLICY, version: 2, warnings: [] }, 201),
};

/** An account that the platform serves from (unless `empty`), with docker and edge in front. */
async function stage(options: { empty?: boolean } = {}) {
  const account = await startAccount();
  // The zone's firewall is what `env validate` wants of it.
  expect(await operate(['waf', 'apply', '--yes'], { account })).toMatchObject({ code: 0 });
  const docker = startDocker();
  onTestFinished(() => docker.close());
  if (!options.empty) seedWorker(account.state);
  const edge = startEdge(account, {
    clientId: CREDENTIALS.CF_ACCESS_CLIENT_ID,
    clientSecret: CREDENTIALS.CF_ACCESS_CLIENT_SECRET,
    answers: { ...SMOKE_ANSWERS, ...POLICY_ANSWERS },
  });
  return { account, docker, edge };
}
/** An image that a release before has pushed. */
const PUSHED = `registry.cloudflare.com/${idOf('account')}/agents@sha256:${'1'.repeat(64)}`;

/** A database that the releases before have migrated, so that a test need not. */
async function migrated({ account }: Stage): Promise<void> {
  const [database] = account.state.d1.values();
  const folder = new URL('../../db/migrations/', import.meta.url);
  database?.sqlite.exec(
    'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TEXT)',
  );
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const name of names) {
    database?.sqlite.exec(await readFile(new URL(name, folder), 'utf8'));
    database?.sqlite.prepare('INSERT INTO d1_migrations (name) VALUES (?)').run(name);
  }
}

type Stage = Awaited<ReturnType<typeof stage>>;

interface Play {
  argv?: string[];
  project?: Awaited<ReturnType<typeof deployProject>>;
  env?: Record<string, string | undefined>;
  /** Runs before each program that is started. */
  before?: (file: string, args: readonly string[]) => void | Promise<void>;
  buildFails?: boolean;
  config?: Partial<Config>;
  ask?: Io['ask'];
}

/** Runs `skclaw deploy`. vite is not run: the site of the project is built already. */
async function deploy({ account, docker, edge }: Stage, play: Play = {}) {
  const project = play.project ?? (await deployProject());
  let clock = Date.now();
  const ran = await skclaw(['deploy', '--env', 'production', ...(play.argv ?? [])], {
    root: project.root,
    cwd: await folderWith({ '.skclaw.json': { ...configOf(account.state), ...play.config } }),
    env: {
      PATH: process.env['PATH'],
      HOME: project.root,
      NODE_COMPILE_CACHE: join(tmpdir(), 'skclaw-test-compile-cache'),
      CLOUDFLARE_API_TOKEN: account.state.token.value,
      CLOUDFLARE_API_BASE_URL: account.url,
      CLOUDFLARE_AI_GATEWAY_API_KEY: account.state.token.value,
      ...CREDENTIALS,
      ...docker.env,
      ...play.env,
    },
    fetch: edge.fetch,
    now: () => clock,
    sleep: (ms) => {
      clock += ms;
      return Promise.resolve();
    },
    ...(play.ask ? { ask: play.ask } : {}),
    async execute(file, args, options) {
      await play.before?.(file, args);
      if (!args.some((arg) => arg.endsWith('vite.js'))) return execute(file, args, options);
      return { code: play.buildFails ? 1 : 0, stdout: '', stderr: 'x is not exported by y' };
    },
  });
  expect(ran.stdout + ran.stderr).not.toContain(account.state.token.value);
  expect(ran.stdout + ran.stderr).not.toContain(CREDENTIALS.CF_ACCESS_CLIENT_SECRET);
  expect(account.violations).toEqual([]);
  return { ...ran, report: () => ran.data() as unknown as DeployReport };
}

const live = ({ state }: CloudflareServer) => state.worker(WORKER).deployments.at(-1)?.versions;
const newest = ({ state }: CloudflareServer) => state.worker(WORKER).versions.at(-1);

test('a release is checked at 0 %, given all requests, and tried', async () => {
  const staged = await stage();
  const { account, docker, edge } = staged;
  const [old] = live(account) ?? [];
  const ran = await deploy(staged);
  expect(ran.code, ran.stderr).toBe(0);
  const version = newest(account);
  expect(ran.report()).toMatchObject({
    ok: true,
    mode: 'gradual',
    version: version?.id,
    previousVersion: old?.version_id,
    rollback: 'not_needed',
  });
  expect(ran.report().steps.every(({ status }) => status === 'done')).toBe(true);
  expect(live(account)).toEqual([{ version_id: version?.id, percentage: 100 }]);
  // Deployed at 0 % first, where only checks reached it.
  const before = account.state.worker(WORKER).deployments.at(-2)?.versions;
  expect(before).toContainEqual({ version_id: version?.id, percentage: 0 });
  expect(edge.requests.filter(({ versionId }) => versionId === version?.id).length).toBeGreaterThan(
    6,
  );
  // The image by digest, as docker pushed it.
  const [digest] = Object.values(docker.state().remote);
  expect(version?.containers).toMatchObject([
    { images: { agent: expect.stringContaining(`@${digest}`) } },
  ]);
  const [database] = account.state.d1.values();
  expect(database?.sqlite.prepare('SELECT count(*) AS n FROM d1_migrations').get()).toEqual({
    n: 5,
  });
  expect(docker.calls().every(({ isKnown }) => isKnown)).toBe(true);
  // Plain lines where no terminal is, and nothing but data on stdout.
  expect(ran.stderr).toMatch(/^✓ Give the new version all requests: at 100 %, [\d.]+ s$/m);
});

test('a first deploy is one step, which the plan says, with the secrets that were set before', async () => {
  const staged = await stage({ empty: true });
  const { account, docker } = staged;
  const env = {
    CLOUDFLARE_API_TOKEN: account.state.token.value,
    CLOUDFLARE_API_BASE_URL: account.url,
    CLOUDFLARE_AI_GATEWAY_API_KEY: account.state.token.value,
  };
  const cwd = await folderWith({ '.skclaw.json': configOf(account.state) });
  const argv = ['secrets', 'sync', '--env', 'production', '--generate'];
  expect(await skclaw(argv, { cwd, env })).toMatchObject({ code: 0 });

  const planned = await deploy(staged, { argv: ['--dry-run'] });
  expect(planned.data()).toMatchObject({
    plan: { mode: 'whole', reason: expect.stringContaining('The first deploy') },
  });
  expect(docker.calls()).toEqual([]);
  const ran = await deploy(staged, { config: { modelTierMap: { premium: GLM } } });
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.report()).toMatchObject({ ok: true, mode: 'whole', previousVersion: null });
  expect(staged.edge.requests.map(({ method, url }) => `${method} ${url}`)).toContain(
    'POST https://api.streamkinetics.com/admin/api/routing/policies',
  );
  expect(live(account)).toEqual([{ version_id: newest(account)?.id, percentage: 100 }]);
  expect(account.state.worker(WORKER).migrationTag).toBe('v1');
  const [zone] = account.state.zones.values();
  expect(zone?.routes.map(({ pattern }) => pattern).toSorted()).toEqual([
    '*.streamkinetics.com/*',
    'streamkinetics.com/*',
  ]);
});

describe('a failure leaves the old version serving, and says what was done', () => {
  const versions = /\/versions$/;
  const deployments = /\/deployments$/;

  test.each<[string, string, number, (staged: Stage, play: Play) => void | Promise<void>]>([
    [
      'validate',
      'checks failed: cloud.zone',
      1,
      ({ account }) => {
        for (const zone of account.state.zones.values()) zone.status = 'moved';
      },
    ],
    ['build', 'x is not exported by y', 3, (_, play) => void (play.buildFails = true)],
    [
      'image',
      'denied: quota exceeded',
      3,
      ({ docker }) => docker.failNext('push', { message: 'denied: quota exceeded' }),
    ],
    [
      'migrate',
      'no such table',
      3,
      async (_, play) => {
        play.project = await deployProject();
        await play.project.migration('0099_bad.sql', 'ALTER TABLE none ADD a text;');
      },
    ],
    [
      'migrate',
      'could not run on 0099_drop.sql: it does not only add: DROP TABLE',
      1,
      async (_, play) => {
        play.project = await deployProject();
        await play.project.migration('0099_drop.sql', 'DROP TABLE notices;');
      },
    ],
    [
      'upload',
      'Script too large',
      3,
      ({ account }) =>
        account.failNext({
          method: 'POST',
          path: versions,
          status: 400,
          code: 10027,
          message: 'Script too large',
        }),
    ],
    [
      'stage',
      'Deployments are down',
      3,
      ({ account }) =>
        account.failNext({
          method: 'POST',
          path: deployments,
          status: 500,
          code: 10013,
          message: 'Deployments are down',
        }),
    ],
    ['check', 'answered 500', 3, ({ edge }) => edge.fail({ url: 'https://api.', version: 2 })],
    [
      'check',
      'without a sign-in page of Access',
      3,
      ({ account }, play) => {
        // After the account was found in order: somebody deletes the application meanwhile.
        play.before = (_, args) => {
          if (args.includes('upload')) account.state.accessApps.splice(0);
        };
      },
    ],
    [
      'release',
      'Deployments are down',
      3,
      ({ account }) =>
        account.failNext({
          method: 'POST',
          path: deployments,
          status: 500,
          code: 10013,
          message: 'Deployments are down',
          after: 1,
        }),
    ],
    [
      'triggers',
      'Routes are down',
      3,
      ({ account }) =>
        account.failNext({
          path: /\/workers\/routes/,
          status: 500,
          code: 10013,
          message: 'Routes are down',
          times: 9,
        }),
    ],
    [
      'smoke',
      'Its agent did not wake',
      3,
      ({ edge }) => {
        const failure = { code: 'boot_failed', message: 'Out of memory.', nextTryAt: null };
        const agent = { ...INSPECTION.agent, state: 'failed', failure };
        edge.fail({
          url: `/admin/api/agents/${TENANT.id}`,
          version: 2,
          status: 200,
          // What waking answers, and what looking does.
          body: { ...INSPECTION, ...agent, agent },
        });
      },
    ],
  ])('%s: %s', async (step, message, code, breakIt) => {
    const staged = await stage();
    // Only the steps that are tried here build an image and migrate: each run of wrangler costs.
    const play: Play = step === 'image' ? {} : { argv: ['--image', PUSHED] };
    await migrated(staged);
    await breakIt(staged, play);
    const old = seedOf(staged);
    const ran = await deploy(staged, play);
    expect(ran.error().message).toContain(`Stopped at "${step}"`);
    expect(ran.error().message + String(ran.error().details)).toContain(message);
    expect(ran.code).toBe(code);
    expect(live(staged.account)?.filter(({ percentage }) => percentage > 0)).toEqual([
      { version_id: old, percentage: 100 },
    ]);
    const { rollback, steps } = ran.report();
    const undone = ['stage', 'check', 'release', 'triggers', 'smoke'].includes(step);
    expect(rollback).toBe(undone ? 'done' : 'not_needed');
    expect(ran.error().message).toContain(undone ? `${old} is back at 100 %` : 'serves on');
    expect(steps.find(({ status }) => status === 'failed')?.name).toBe(step);
  });
});

function seedOf({ account }: Stage): string {
  return live(account)?.[0]?.version_id ?? '';
}

describe('other releases', () => {
  test('one under way is not run over', async () => {
    const staged = await stage();
    const worker = staged.account.state.worker(WORKER);
    const other = seedVersion(staged.account.state, worker);
    deployVersions(worker, {
      versions: [
        { version_id: other.id, percentage: 10 },
        { version_id: seedOf(staged), percentage: 90 },
      ],
      force: true,
    });
    const ran = await deploy(staged);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'conflict' });
    expect(live(staged.account)).toHaveLength(2);
  });

  test('one that began meanwhile is left to whoever began it', async () => {
    const staged = await stage();
    const worker = staged.account.state.worker(WORKER);
    let other = '';
    await migrated(staged);
    const ran = await deploy(staged, {
      argv: ['--image', PUSHED],
      before(_, args) {
        if (!args.includes('upload')) return;
        other = seedVersion(staged.account.state, worker).id;
        deployVersions(worker, { versions: [{ version_id: other, percentage: 100 }], force: true });
      },
    });
    expect(ran.error()).toMatchObject({ code: 'conflict' });
    expect(ran.report().rollback).toBe('not_needed');
    expect(live(staged.account)).toEqual([{ version_id: other, percentage: 100 }]);
  });
});

test('a release that began during the smoke test is left alone too', async () => {
  const staged = await stage();
  const worker = staged.account.state.worker(WORKER);
  let other = '';
  const ran = await deploy(staged, {
    before(_, args) {
      if (!args.includes('triggers')) return;
      other = seedVersion(staged.account.state, worker).id;
      deployVersions(worker, { versions: [{ version_id: other, percentage: 100 }], force: true });
    },
  });
  expect(ran.error().message).toContain('Stopped at "smoke"');
  expect(ran.error().message).toContain('is another release’s');
  expect(ran.report().rollback).toBe('not_needed');
  expect(live(staged.account)).toEqual([{ version_id: other, percentage: 100 }]);
});

describe('a new Durable Object migration', () => {
  const edit = (text: string): string =>
    text.replace(
      '"migrations": [{ "tag": "v1", "new_sqlite_classes": ["TenantAgent"] }]',
      '"migrations": [{ "tag": "v1", "new_sqlite_classes": ["TenantAgent"] }, { "tag": "v2" }]',
    );

  test('goes out whole, and only when that was confirmed', async () => {
    const staged = await stage();
    const project = await deployProject(edit);
    const refused = await deploy(staged, { project });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.error()).toMatchObject({ code: 'confirmation_required' });
    const planned = await deploy(staged, { project, argv: ['--dry-run'] });
    expect(planned.data()).toMatchObject({
      plan: { mode: 'whole', reason: expect.stringContaining('migration v2 is new') },
    });
  });
});

test('a dry run asks nobody without a token, and has every step', async () => {
  const staged = await stage();
  const before = staged.account.requests.length;
  const ran = await deploy(staged, {
    argv: ['--dry-run'],
    env: { CLOUDFLARE_API_TOKEN: undefined },
  });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.data()).toMatchObject({ plan: { mode: null, previousVersion: null } });
  expect(staged.account.requests).toHaveLength(before);
});

test.each([
  [{ CLOUDFLARE_API_TOKEN: 'wrong' }, 2, 'cloud_refused'],
  [{ CLOUDFLARE_API_TOKEN: undefined }, 2, 'cloud_refused'],
  [{ CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:9/client/v4' }, 3, 'upstream_failed'],
])('without Cloudflare nothing begins: %j', async (env, code, error) => {
  const staged = await stage();
  const ran = await deploy(staged, { env });
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.error().code).toBe(error);
});

test('local is nothing to deploy to', async () => {
  const ran = await skclaw(['deploy', '--env', 'local']);
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.error().hint).toContain('--env production');
});
