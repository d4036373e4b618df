import Cloudflare from 'cloudflare';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seedVersion, seedWorker } from './seed.ts';
import { startCloudflare, type CloudflareServer } from './server.ts';
import type { Worker } from './state.ts';

const name = 'streamkinetics-backend';
let account: CloudflareServer;
let client: Cloudflare;
let worker: Worker;
let account_id: string;

beforeEach(async () => {
  account = await startCloudflare();
  worker = seedWorker(account.state);
  account_id = account.state.accountId;
  const { value: apiToken } = account.state.token;
  client = new Cloudflare({ apiToken, baseURL: account.url, maxRetries: 0 });
});
afterEach(() => account.close());

const live = () => worker.deployments.at(-1)?.versions;
const setSecrets = (secrets: Record<string, string>) =>
  client.workers.scripts.secrets.bulkUpdate(name, {
    account_id,
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([key, text]) => [
        key,
        { name: key, text, type: 'secret_text' as const },
      ]),
    ),
  });
const deploy = (versions: Record<string, number>, force?: boolean) =>
  client.workers.scripts.deployments.create(name, {
    account_id,
    strategy: 'percentage',
    ...(force !== undefined && { force }),
    versions: Object.entries(versions).map(([version_id, percentage]) => ({
      version_id,
      percentage,
    })),
  });

test('secrets are a version of their own, live at once, and no answer has a value', async () => {
  const answer = await setSecrets({ EXTRA: 'a-value-that-nobody-reads' });
  expect(Object.keys(answer)).toContain('EXTRA');
  const { result } = await client.workers.scripts.secrets.list(name, { account_id });
  expect(result.map((secret) => secret.name)).toEqual([
    'CLOUDFLARE_AI_GATEWAY_API_KEY',
    'SESSION_SIGNING_KEYS',
    'EXTRA',
  ]);
  expect(JSON.stringify([answer, result])).not.toContain('a-value-that-nobody-reads');
  expect(worker.secretValues.at(-1)).toEqual({ name: 'EXTRA', value: 'a-value-that-nobody-reads' });
  expect(live()).toEqual([{ version_id: worker.versions[1]?.id, percentage: 100 }]);
});

test('no secret is set while the newest version is not all that serves', async () => {
  const staged = seedVersion(account.state, worker);
  await expect(setSecrets({ EXTRA: 'x' })).rejects.toMatchObject({ errors: [{ code: 10215 }] });
  await deploy({ [staged.id]: 0, [worker.versions[0]?.id ?? '']: 100 });
  await expect(setSecrets({ EXTRA: 'x' })).rejects.toMatchObject({ errors: [{ code: 10215 }] });
  await deploy({ [staged.id]: 100 });
  await setSecrets({ EXTRA: 'x' });
});

test('a version from before a change of secrets comes back only by force', async () => {
  const before = worker.versions[0]?.id ?? '';
  await setSecrets({ SESSION_SIGNING_KEYS: 'another' });
  await expect(deploy({ [before]: 100 })).rejects.toMatchObject({
    errors: [{ code: 10220, message: 'The following secrets have changed: SESSION_SIGNING_KEYS' }],
  });
  await deploy({ [before]: 100 }, true);
  expect(live()).toEqual([{ version_id: before, percentage: 100 }]);
});

test('percentages add up to 100, of versions that exist', async () => {
  const before = worker.versions[0]?.id ?? '';
  await expect(deploy({ [before]: 90 })).rejects.toMatchObject({ status: 400 });
  await expect(deploy({ [crypto.randomUUID()]: 100 })).rejects.toMatchObject({ status: 404 });
  expect(worker.deployments).toHaveLength(1);
});

test('the newest deployment comes first, and a version says what it binds', async () => {
  const staged = seedVersion(account.state, worker);
  await deploy({ [staged.id]: 100 });
  const { result } = await client.workers.scripts.deployments.list(name, { account_id });
  expect(result).toMatchObject({
    deployments: [{ versions: [{ version_id: staged.id, percentage: 100 }] }, {}],
  });
  const version = await client.workers.scripts.versions.get(staged.id, {
    account_id,
    script_name: name,
  });
  expect(version.resources.bindings).toContainEqual(
    expect.objectContaining({
      name: 'TENANT_AGENT',
      namespace_id: account.state.namespaces[0]?.id,
    }),
  );
});

test('a Worker that does not exist is 404 wherever it is asked for', async () => {
  for (const asked of [
    client.workers.scripts.deployments.list('none', { account_id }),
    client.workers.scripts.secrets.list('none', { account_id }),
  ]) {
    await expect(asked).rejects.toMatchObject({ status: 404, errors: [{ code: 10007 }] });
  }
});

test('one route cannot lead to two Workers', async () => {
  const [zone] = account.state.zones.values();
  const zone_id = zone?.id ?? '';
  const pattern = 'streamkinetics.com/*';
  await expect(
    client.workers.routes.create({ zone_id, pattern, script: 'other' }),
  ).rejects.toMatchObject({ status: 409 });
});
