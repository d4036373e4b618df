import Cloudflare from 'cloudflare';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCloudflare, type CloudflareServer } from './server.ts';
import { idOf, uuidOf } from './state.ts';

let account: CloudflareServer;
let client: Cloudflare;
let account_id: string;

beforeEach(async () => {
  account = await startCloudflare();
  account_id = account.state.accountId;
  const { value: apiToken } = account.state.token;
  client = new Cloudflare({ apiToken, baseURL: account.url, maxRetries: 0 });
});
afterEach(() => account.close());

const zone_id = idOf('zone');

test('a good token is verified where it belongs, and nowhere else', async () => {
  expect(await client.user.tokens.verify()).toMatchObject({ status: 'active' });
  await expect(client.accounts.tokens.verify({ account_id })).rejects.toMatchObject({
    status: 401,
  });
  const details = await client.user.tokens.get(account.state.token.id);
  expect(details.policies?.[0]?.permission_groups).toContainEqual(
    expect.objectContaining({ name: 'AI Gateway Run' }),
  );
});

test('a wrong token opens nothing', async () => {
  const other = client.withOptions({ apiToken: 'another' });
  await expect(other.user.tokens.verify()).rejects.toMatchObject({ status: 401 });
  await expect(other.zones.get({ zone_id })).rejects.toMatchObject({ status: 403 });
});

test('a permission that the token lacks is Cloudflare’s 10000, and reading needs less', async () => {
  account.state.token.permissions = ['D1 Read'];
  expect(await client.d1.database.list({ account_id })).toMatchObject({
    result: [{ name: 'streamkinetics' }],
  });
  await expect(client.d1.database.create({ account_id, name: 'other' })).rejects.toMatchObject({
    status: 403,
    errors: [{ code: 10000 }],
  });
});

test('what the platform needs is there, and what it does not have is 404', async () => {
  expect((await client.zones.get({ zone_id })).plan).toMatchObject({ legacy_id: 'pro' });
  expect(await client.d1.database.get(uuidOf(0xd1, 1), { account_id })).toMatchObject({
    name: 'streamkinetics',
  });
  expect(await client.kv.namespaces.get(idOf('kv'), { account_id })).toBeDefined();
  expect(await client.r2.buckets.get('openclaw-backups', { account_id })).toBeDefined();
  expect(await client.aiGateway.get('streamkinetics-gateway', { account_id })).toMatchObject({
    collect_logs: true,
    log_management_strategy: 'DELETE_OLDEST',
  });
  for (const absent of [
    client.d1.database.get(uuidOf(0xd1, 9), { account_id }),
    client.kv.namespaces.get(idOf('none'), { account_id }),
    client.r2.buckets.get('none', { account_id }),
    client.aiGateway.get('none', { account_id }),
  ]) {
    await expect(absent).rejects.toMatchObject({ status: 404 });
  }
});

test('lists come in pages that the SDK walks through', async () => {
  for (let index = 0; index < 45; index += 1) {
    account.state.kv.set(idOf(`kv${index}`), { id: idOf(`kv${index}`), title: `kv${index}` });
  }
  const titles: string[] = [];
  for await (const { title } of client.kv.namespaces.list({ account_id })) titles.push(title);
  expect(titles).toHaveLength(46);
});

test('SQL runs in a real database, all or nothing', async () => {
  const run = (sql: string) =>
    client.d1.database.query(uuidOf(0xd1, 1), { account_id, sql }).then(({ result }) => result);
  const [, inserted] = await run("CREATE TABLE a (b TEXT); INSERT INTO a VALUES ('x;y')");
  expect(inserted).toMatchObject({ success: true });
  await expect(run("INSERT INTO a VALUES ('z'); SELECT c FROM a")).rejects.toMatchObject({
    status: 400,
    errors: [{ code: 7500, message: expect.stringContaining('no such column: c') }],
  });
  expect((await run('SELECT b FROM a'))[0]?.results).toEqual([{ b: 'x;y' }]);
});

test('a model is run through a gateway, whose log then has the call', async () => {
  const messages = [{ role: 'user', content: 'Say OK' }];
  const model = '@cf/zai-org/glm-4.7-flash';
  const headers = { 'cf-aig-gateway-id': 'streamkinetics-gateway' };
  expect(await client.ai.run(model, { account_id, messages }, { headers })).toMatchObject({
    response: 'OK',
  });
  const path = `/accounts/${account_id}/ai/v1/chat/completions`;
  expect(await client.post(path, { body: { model, messages }, headers })).toMatchObject({
    choices: [{ message: { content: 'OK' } }],
  });
  const logs = await client.aiGateway.logs.list('streamkinetics-gateway', { account_id });
  expect(logs.result).toHaveLength(2);
  await expect(
    client.ai.run('@cf/meta/llama-3.1-8b-instruct', { account_id, messages }),
  ).rejects.toMatchObject({ status: 410 });
});

test('rules of a zone: none at first, then what was put there, as far as its plan goes', async () => {
  const phase = 'http_ratelimit';
  await expect(client.rulesets.phases.get(phase, { zone_id })).rejects.toMatchObject({
    status: 404,
    errors: [{ code: 10003 }],
  });
  const rule = (period: number) => ({
    action: 'block' as const,
    description: 'public paths',
    expression: 'true',
    ratelimit: { characteristics: ['ip.src', 'cf.colo.id'], period, requests_per_period: 50 },
  });
  const put = (...rules: ReturnType<typeof rule>[]) =>
    client.rulesets.phases.update(phase, { zone_id, rules });
  const { id } = (await put(rule(60))) as { id: string };
  expect((await client.rulesets.phases.get(phase, { zone_id })).rules).toHaveLength(1);
  const both = await client.rulesets.rules.create(id, { zone_id, ...rule(60) });
  expect(both).toMatchObject({ rules: [{ enabled: true }, { description: 'public paths' }] });
  await expect(put(rule(60), rule(60), rule(60))).rejects.toMatchObject({ status: 400 });
  for (const zone of account.state.zones.values()) zone.plan = 'free';
  await expect(put(rule(60))).rejects.toMatchObject({ status: 400 });
  await put(rule(10));
});

test('managed rules can be executed that the plan has', async () => {
  const phase = 'http_request_firewall_managed';
  const managed = (await client.rulesets.list({ zone_id })).result.find(
    ({ kind }) => kind === 'managed',
  );
  const execute = (id: string) => ({
    action: 'execute' as const,
    action_parameters: { id },
    expression: 'true',
  });
  await client.rulesets.phases.update(phase, { zone_id, rules: [execute(managed?.id ?? '')] });
  await expect(
    client.rulesets.phases.update(phase, { zone_id, rules: [execute(idOf('other'))] }),
  ).rejects.toMatchObject({ status: 403 });
});

test('the Access application is found by its audience', async () => {
  const aud = idOf('access-aud').repeat(2);
  const { result } = await client.zeroTrust.access.applications.list({ account_id, aud });
  expect(result).toMatchObject([{ name: 'streamkinetics admin', aud }]);
  const none = await client.zeroTrust.access.applications.list({ account_id, aud: 'other' });
  expect(none.result).toEqual([]);
});

test('nothing here was against the contract', async () => {
  await client.accounts.get({ account_id });
  expect(account.violations).toEqual([]);
});
