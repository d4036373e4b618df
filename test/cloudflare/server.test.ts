import { afterEach, beforeEach, expect, test } from 'vitest';
import { operations } from './contract.ts';
import { handlers } from './routes/index.ts';
import { startCloudflare, type CloudflareServer } from './server.ts';
import { idOf, uuidOf } from './state.ts';

let account: CloudflareServer;
beforeEach(async () => {
  account = await startCloudflare();
});
afterEach(() => account.close());

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(account.url + path, {
    method,
    headers: {
      authorization: `Bearer ${account.state.token.value}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const inAccount = (path: string): string => `/accounts/${account.state.accountId}${path}`;

test('every operation of the contract is answered, and nothing else', () => {
  const ids = new Set(operations.map(({ id }) => id));
  expect(new Set(Object.keys(handlers))).toEqual(ids);
});

test('an unknown path is refused and told', async () => {
  const answer = await ask('GET', inAccount('/workers/wishes'));
  expect(answer).toMatchObject({
    status: 404,
    body: { success: false, errors: [{ code: 7003 }], result: null },
  });
  expect(account.violations).toMatchObject([
    { path: inAccount('/workers/wishes'), problems: ['unknown path'] },
  ]);
});

test.each([
  ['POST', '/d1/database', {}, 'name'],
  ['POST', '/d1/database', { name: 'a', colour: 'red' }, 'colour'],
  ['POST', '/d1/database', { name: 7 }, 'name'],
  ['POST', '/d1/database', undefined, 'required'],
  ['GET', '/d1/database?colour=red', undefined, 'colour'],
  ['GET', '/d1/database?page=one', undefined, 'page'],
  ['GET', '/r2/buckets?order=size', undefined, 'order'],
  [
    'POST',
    '/workers/scripts/x/deployments',
    { strategy: 'all', versions: [{ version_id: uuidOf(1, 1), percentage: 100 }] },
    'strategy',
  ],
  ['PATCH', '/workers/scripts/x/secrets-bulk', { secrets: { A: { text: 'x' } } }, 'secrets.A'],
])('%s %s is refused with the field that is wrong', async (method, path, body, field) => {
  const answer = await ask(method, inAccount(path), body);
  expect(answer).toMatchObject({ status: 400, body: { success: false } });
  expect(account.violations[0]?.problems.join()).toContain(field);
});

test('a refused body changes nothing', async () => {
  await ask('POST', inAccount('/d1/database'), { name: 'a', colour: 'red' });
  expect([...account.state.d1.values()].map(({ name }) => name)).toEqual(['streamkinetics']);
});

test('another account is not this token’s business', async () => {
  expect(await ask('GET', `/accounts/${idOf('other')}/d1/database`)).toMatchObject({ status: 403 });
});

test('a failure comes where, when and as often as it was asked for', async () => {
  account.failNext({
    method: 'GET',
    path: '/d1/database',
    status: 503,
    code: 1,
    after: 1,
    times: 2,
  });
  const statuses: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    statuses.push((await ask('GET', inAccount('/d1/database'))).status);
  }
  expect(statuses).toEqual([200, 503, 503, 200]);
  expect(account.requests.map(({ status }) => status)).toEqual(statuses);
});

test('a cut connection is no answer at all', async () => {
  account.failNext({ path: '/d1/database', cut: true });
  await expect(ask('GET', inAccount('/d1/database'))).rejects.toThrow('fetch failed');
});
