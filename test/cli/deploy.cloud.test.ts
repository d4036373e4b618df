import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { folderWith, skclaw } from '../../cli/testing/harness.ts';
import { seedVersion } from '../cloudflare/seed.ts';
import { configOf } from '../cloudflare/skclaw-config.ts';
import { deploy as deployVersions } from '../cloudflare/worker-releases.ts';
import { deployProject } from './deploy-project.ts';
import { deploy, live, migrated, newest, PUSHED, seedOf, stage, WORKER } from './deploy-stage.ts';

const GLM = '@cf/zai-org/glm-4.7-flash';

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
  const migrations = await readdir(new URL('../../db/migrations/', import.meta.url));
  expect(database?.sqlite.prepare('SELECT count(*) AS n FROM d1_migrations').get()).toEqual({
    n: migrations.filter((name) => name.endsWith('.sql')).length,
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
  await migrated(staged);
  const ran = await deploy(staged, {
    argv: ['--image', PUSHED],
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
