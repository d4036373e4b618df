import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEdge } from './edge.ts';
import { seedVersion, seedWorker } from './seed.ts';
import { startCloudflare, type CloudflareServer } from './server.ts';
import type { Version, Worker } from './state.ts';
import { deploy } from './worker-releases.ts';

let account: CloudflareServer;
let edge: ReturnType<typeof startEdge>;
let worker: Worker;
let before: Version;
let staged: Version;

beforeEach(async () => {
  account = await startCloudflare();
  worker = seedWorker(account.state);
  before = worker.versions[0] as Version;
  staged = seedVersion(account.state, worker);
  edge = startEdge(account, { clientId: 'id', clientSecret: 'secret' });
});
afterEach(() => account.close());

const credentials = { 'cf-access-client-id': 'id', 'cf-access-client-secret': 'secret' };
const override = ({ id }: Version) => ({
  'Cloudflare-Workers-Version-Overrides': `streamkinetics-backend="${id}"`,
});
async function answeredBy(headers: Record<string, string> = {}): Promise<unknown> {
  const health = await edge.fetch('https://api.streamkinetics.com/admin/api/health', {
    headers: { ...credentials, ...headers },
  });
  return ((await health.json()) as { versionId: string }).versionId;
}
const stage = (percentage: number): void =>
  void deploy(worker, {
    versions: [
      { version_id: staged.id, percentage },
      { version_id: before.id, percentage: 100 - percentage },
    ],
    force: false,
  });

test('the header reaches a version at 0 %, and only one that is deployed', async () => {
  expect(await answeredBy(override(staged))).toBe(before.id);
  stage(0);
  expect(await answeredBy(override(staged))).toBe(staged.id);
  expect(await answeredBy()).toBe(before.id);
  stage(100);
  expect(await answeredBy()).toBe(staged.id);
});

test('percentages are what they say', async () => {
  stage(30);
  const answers = new Map<unknown, number>();
  for (let turn = 0; turn < 100; turn += 1) {
    const id = await answeredBy();
    answers.set(id, (answers.get(id) ?? 0) + 1);
  }
  expect(answers.get(staged.id)).toBe(30);
});

test('Access keeps /admin shut on every host it covers, for all but its service token', async () => {
  for (const host of ['streamkinetics.com', 'api.streamkinetics.com']) {
    const shut = await edge.fetch(`https://${host}/admin`);
    expect(shut.status).toBe(302);
    expect(shut.headers.get('location')).toContain('cloudflareaccess.com');
  }
  account.state.accessApps = [];
  expect((await edge.fetch('https://streamkinetics.com/admin')).status).toBe(404);
});

test('a version without its secrets says so', async () => {
  stage(0);
  staged.secrets = {};
  const health = await edge.fetch('https://api.streamkinetics.com/healthz', {
    headers: override(staged),
  });
  expect(health.status).toBe(503);
  expect(await health.json()).toMatchObject({
    ok: false,
    problems: [expect.stringContaining('is not set'), expect.any(String)],
  });
});

test('one version fails and the other serves', async () => {
  stage(0);
  edge.fail({ url: '/', version: 2, status: 500 });
  const ask = (headers: Record<string, string>) =>
    edge.fetch('https://streamkinetics.com/', { headers });
  expect((await ask(override(staged))).status).toBe(500);
  expect((await ask({})).status).toBe(200);
});

test('without a route there is nobody, and other addresses are the network’s', async () => {
  for (const zone of account.state.zones.values()) zone.routes = [];
  expect((await edge.fetch('https://streamkinetics.com/')).status).toBe(522);
  expect((await edge.fetch(`${account.url}/user/tokens/verify`)).status).toBe(401);
});
