import { describe, expect, test } from 'vitest';
import { skclaw, startSystem } from '../testing/harness.ts';

const ID = '01JDZZZZZZZZZZZZZZZZZZZZZZ';
const AT = Date.UTC(2026, 10, 22);
const PATH = '/admin/api/tenants/acme/keys';
const KEY = {
  id: ID,
  name: 'ci',
  prefix: `skm_${ID}`,
  workloads: ['chat', 'monitor'],
  state: 'active',
  createdBy: 'ada@example.com',
  createdAt: AT,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
};
const MADE = { ...KEY, key: `skm_${ID}_${'k'.repeat(43)}` };
const ONCE = 'Keep the key now: it is not shown again.\n';

describe('keys', () => {
  test.each([
    ['list', 'GET', '', undefined, { keys: [KEY] }, '', /^01JDZ\S+ +ci +chat, monitor +active /m],
    ['create --name ci', 'POST', '', { name: 'ci' }, MADE, ONCE, /^key +skm_\S+k{43}$/m],
    [
      'create --name ci --workloads chat,monitor --expires-in 30d',
      'POST',
      '',
      { name: 'ci', workloads: ['chat', 'monitor'], expiresInS: 2_592_000 },
      MADE,
      ONCE,
      /^workloads +chat, monitor$/m,
    ],
    [`revoke ${ID} --yes`, 'DELETE', `/${ID}`, undefined, KEY, '', /^prefix +skm_01JDZ/m],
  ])('key %s', async (line, method, path, body, answer, stderr, table) => {
    const system = await startSystem({ body: answer });
    const argv = ['key', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr });
    expect(ran.data()).toEqual(answer);
    expect(system.received).toMatchObject([{ method, url: `${PATH}${path}` }]);
    expect(system.received[0]?.body).toEqual(body);
    const shown = await skclaw([...argv, '--format', 'table'], { env: { SKCLAW_URL: system.url } });
    expect(shown.stdout).toMatch(table);
  });

  test('are valid JSON when there is none', async () => {
    const { url } = await startSystem({ body: { keys: [] } });
    const ran = await skclaw(['key', 'list', '--tenant-id', 'acme'], { env: { SKCLAW_URL: url } });
    expect(ran.data()).toEqual({ keys: [] });
  });

  test('a key is on stdout alone', async () => {
    const { url } = await startSystem({ status: 201, body: MADE });
    const argv = ['key', 'create', '--tenant-id', 'acme', '--name', 'ci'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran.data()['key']).toBe(MADE.key);
    expect(ran.stderr).not.toContain(MADE.key);
  });

  test('revoking is asked for first', async () => {
    const { url, received } = await startSystem({ body: KEY });
    const argv = ['key', 'revoke', ID, '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().code).toBe('confirmation_required');
    expect(received).toEqual([]);
  });

  test.each([
    ['list', '--tenant-id is required'],
    ['create --tenant-id acme', '--name is required'],
    ['create --tenant-id acme --name x --workloads chat,dance', '--workloads must be one of chat'],
    ['create --tenant-id acme --name x --workloads ,', '--workloads must be one of chat'],
    ['create --tenant-id acme --name x --expires-in never', '--expires-in must be a time'],
    ['create --tenant-id acme --name x --expires-in 30s', '--expires-in: Too small'],
    ['revoke skm_x --tenant-id acme --yes', '<id> must be a ULID'],
  ])('key %s is refused before anything is asked', async (line, message) => {
    const ran = await skclaw(['key', ...line.split(' ')]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'invalid_usage' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    ['create --name x', 403, 'forbidden', 2],
    ['create --name x', 429, 'limit_reached', 3],
    [`revoke ${ID} --yes`, 404, 'not_found', 1],
    [`revoke ${ID} --yes`, 500, 'internal', 3],
  ])('key %s ends with the system’s %i %s', async (line, status, code, exit) => {
    const error = { code, message: 'No.' };
    const { url, received } = await startSystem({ status, body: { error } });
    const argv = ['key', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
    expect(received).toHaveLength(1);
  });
});
