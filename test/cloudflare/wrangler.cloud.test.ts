import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDocker } from './docker/index.ts';
import { makeProject } from './project.ts';
import { seedWorker } from './seed.ts';
import { startCloudflare, type CloudflareServer } from './server.ts';
import { wrangler as runWrangler, type WranglerRun } from './wrangler.ts';

/** A deadline only to end a hang: each run of wrangler costs 2 s of processor time. */
const TIMEOUT_MS = 240_000;

let account: CloudflareServer;
let docker: ReturnType<typeof startDocker>;
let project: Awaited<ReturnType<typeof makeProject>>;

beforeEach(async () => {
  account = await startCloudflare();
  docker = startDocker();
  project = await makeProject(account.state);
});
afterEach(async () => {
  docker.close();
  await account.close();
});

const run = (...args: string[]): Promise<WranglerRun> =>
  runWrangler(account, { cwd: project.cwd, args, env: docker.env });

async function wrangler(...args: string[]): Promise<WranglerRun> {
  const ended = await run(...args);
  expect(ended, `${args.join(' ')}: ${ended.stderr}`).toMatchObject({ code: 0 });
  return ended;
}

const versionIn = ({ outputs }: WranglerRun, type: string): string =>
  String(outputs.find((output) => output.type === type)?.version_id);
const failureIn = ({ outputs }: WranglerRun) =>
  outputs.find(({ type }) => type === 'command-failed');
const worker = () => account.state.worker('streamkinetics-backend');
const live = () => worker().deployments.at(-1)?.versions;

test(
  'the real wrangler builds an image, migrates, releases in one step and then by degrees, and goes back',
  async () => {
    await wrangler('containers', 'build', 'sandbox', '-t', 'agents:one');
    await wrangler('containers', 'push', 'agents:one');
    const pushed = `registry.cloudflare.com/${account.state.accountId}/agents`;
    const digest = docker.state().remote[`${pushed}:one`];
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const image = `${pushed}@${digest}`;
    await project.configure({ image });

    await wrangler('d1', 'migrations', 'apply', 'DB', '--remote');
    const [database] = account.state.d1.values();
    const tables = database?.sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'");
    expect(tables?.all()).toEqual(
      expect.arrayContaining([{ name: 'tenants' }, { name: 'd1_migrations' }]),
    );

    // The first: Durable Objects' namespaces, container application, routes and cron come with it.
    const first = versionIn(await wrangler('deploy'), 'deploy');
    expect(live()).toEqual([{ version_id: first, percentage: 100 }]);
    expect(worker().migrationTag).toBe('v1');
    expect(account.state.containerApplications).toMatchObject([
      { id: account.state.namespaces[0]?.id, scheduling_policy: 'durable_object' },
    ]);
    expect(worker().versions[0]?.containers).toMatchObject([
      { class_name: 'TenantAgent', images: { agent: image } },
    ]);
    const [zone] = account.state.zones.values();
    expect(zone?.routes).toHaveLength(2);
    expect(worker().crons).toEqual(['*/5 * * * *']);
    expect(worker().versions[0]?.assets).toEqual(['/index.html']);

    await project.write('secrets.json', JSON.stringify({ EXTRA: 'a-secret-value' }));
    const bulk = await wrangler('secret', 'bulk', 'secrets.json');
    expect(bulk.stdout + bulk.stderr).not.toContain('a-secret-value');
    expect(worker().secretValues).toEqual([{ name: 'EXTRA', value: 'a-secret-value' }]);
    const before = worker().versions.at(-1)?.id ?? '';
    expect(before).not.toBe(first);

    await project.configure({ image, more: { triggers: { crons: ['*/10 * * * *'] } } });
    const uploaded = await wrangler('versions', 'upload', '--tag', 'r2', '--message', 'release');
    const next = versionIn(uploaded, 'version-upload');
    expect(live()).toEqual([{ version_id: before, percentage: 100 }]);
    expect(worker().versions.at(-1)).toMatchObject({
      id: next,
      annotations: { 'workers/tag': 'r2', 'workers/message': 'release' },
      containers: [{ images: { agent: image } }],
    });
    expect(Object.keys(worker().versions.at(-1)?.secrets ?? {})).toEqual(['EXTRA']);

    await wrangler('versions', 'deploy', `${next}@0%`, `${before}@100%`, '--yes');
    expect(live()).toEqual([
      { version_id: next, percentage: 0 },
      { version_id: before, percentage: 100 },
    ]);
    await wrangler('versions', 'deploy', `${next}@100%`, '--yes');
    expect(live()).toEqual([{ version_id: next, percentage: 100 }]);
    // Cron and routes belong to no version.
    expect(worker().crons).toEqual(['*/5 * * * *']);
    await wrangler('triggers', 'deploy');
    expect(worker().crons).toEqual(['*/10 * * * *']);
    await wrangler('rollback', before, '--yes', '--message', 'smoke test failed');
    expect(live()).toEqual([{ version_id: before, percentage: 100 }]);

    expect(account.violations).toEqual([]);
    expect(docker.calls().every(({ isKnown }) => isKnown)).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  'an image that has not changed is not pushed, and its new tag is gone',
  async () => {
    await wrangler('containers', 'build', 'sandbox', '-t', 'agents:one', '-p');
    const again = await wrangler('containers', 'build', 'sandbox', '-t', 'agents:two', '-p');
    expect(again.stdout).toContain('Image already exists remotely, skipping push');
    // So a digest is read after `containers push`, which always pushes, and not after `build -p`.
    expect(Object.keys(docker.state().tags)).not.toContain('agents:two');
    expect(docker.calls().filter(({ command }) => command === 'push')).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  'what fails ends with 1, with Cloudflare’s code for programs and its words for people',
  async () => {
    seedWorker(account.state);
    const [database] = account.state.d1.values();
    await project.write('bad/0001_a.sql', 'CREATE TABLE a (b);');
    await project.write('bad/0002_b.sql', 'CREATE TABLE c (d); ALTER TABLE none ADD e;');
    const binding = { binding: 'DB', database_id: database?.uuid, database_name: 'streamkinetics' };
    await project.configure({ more: { d1_databases: [{ ...binding, migrations_dir: 'bad' }] } });
    const migrated = await run('d1', 'migrations', 'apply', 'DB', '--remote');
    expect(migrated.code).toBe(1);
    expect(failureIn(migrated)).toMatchObject({ code: 7500 });
    expect(migrated.stderr).toContain('no such table: none: SQLITE_ERROR [code: 7500]');
    const applied = database?.sqlite.prepare('SELECT name FROM d1_migrations').all();
    expect(applied).toEqual([{ name: '0001_a.sql' }]);

    const migrations = ['TenantAgent', 'Other'].map((name, index) => ({
      tag: `v${index + 1}`,
      new_sqlite_classes: [name],
    }));
    await project.configure({ more: { migrations } });
    const pending = await run('versions', 'upload');
    expect(pending.code).toBe(1);
    expect(pending.stderr).toContain('This Worker has a pending Durable Object migration');
    expect(worker().versions).toHaveLength(1);

    await project.configure();
    docker.failNext('push', { message: 'denied: quota exceeded' });
    const unpushed = await run('versions', 'upload');
    expect(unpushed).toMatchObject({ code: 1, stderr: expect.stringContaining('quota exceeded') });

    account.failNext({ method: 'POST', path: /\/deployments$/, status: 500, code: 10013 });
    const [{ id = '' } = {}] = worker().versions;
    const undeployed = await run('versions', 'deploy', `${id}@100%`, '--yes');
    expect(undeployed.code).toBe(1);
    expect(failureIn(undeployed)).toMatchObject({ code: 10013 });
    expect(worker().deployments).toHaveLength(1);
    expect(account.violations).toEqual([]);
  },
  TIMEOUT_MS,
);
