import { describe, expect, test } from 'vitest';
import { TENANT, TENANT_ID } from '../testing/answers.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

const HOST = 'chat.example.com';
const PATH = '/admin/api/tenants/acme/hostnames';
const VIEW = {
  hostname: HOST,
  kind: 'custom',
  state: 'active',
  tenantId: TENANT_ID,
  heirId: null,
  since: Date.UTC(2026, 10, 22),
};
const changed = { ...TENANT, pending: false };
const moved = { hostname: HOST, from: TENANT, to: { ...TENANT, slug: 'globex' }, pending: false };

describe('hostnames', () => {
  test.each([
    [
      'list',
      'GET',
      '',
      undefined,
      { hostnames: [VIEW] },
      /^chat\.example\.com +custom +active +0c9f\S+ +- +2026-/m,
    ],
    [
      `add ${HOST}`,
      'POST',
      '',
      { hostname: HOST },
      changed,
      /^hostnames +acme\.streamkinetics\.com$/m,
    ],
    [`remove ${HOST} --yes`, 'DELETE', `/${HOST}`, undefined, changed, /^slug +acme$/m],
    [
      `move ${HOST} --to globex --yes`,
      'POST',
      `/${HOST}/move`,
      { to: 'globex' },
      moved,
      /^to\.slug +globex$/m,
    ],
  ])('hostname %s', async (line, method, path, body, answer, table) => {
    const system = await startSystem({ body: answer });
    const argv = ['hostname', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(answer);
    expect(system.received).toMatchObject([{ method, url: `${PATH}${path}` }]);
    expect(system.received[0]?.body).toEqual(body);
    const shown = await skclaw([...argv, '--format', 'table'], { env: { SKCLAW_URL: system.url } });
    expect(shown.stdout).toMatch(table);
  });

  test('are valid JSON when there is none', async () => {
    const { url } = await startSystem({ body: { hostnames: [] } });
    const argv = ['hostname', 'list', '--tenant-id', 'acme'];
    expect((await skclaw(argv, { env: { SKCLAW_URL: url } })).data()).toEqual({ hostnames: [] });
  });

  test.each([
    [`add ${HOST}`, { ...changed, pending: true }],
    [`remove ${HOST} --yes`, { ...changed, pending: true }],
    [`move ${HOST} --to globex --yes`, { ...moved, pending: true }],
  ])('hostname %s says when an agent has still to follow', async (line, body) => {
    const { url } = await startSystem({ status: 202, body });
    const argv = ['hostname', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ pending: true });
    expect(ran.stderr).toMatch(/not taken it yet|still to follow/);
  });

  test.each([
    [`remove ${HOST}`, `Take ${HOST} from acme? [y/N] `],
    [`move ${HOST} --to globex`, `Move ${HOST} from acme to globex? [y/N] `],
  ])('hostname %s asks first', async (line, question) => {
    const { url, received } = await startSystem({ body: changed });
    const argv = ['hostname', ...line.split(' '), '--tenant-id', 'acme'];
    const alone = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(alone).toMatchObject({ code: 1, stdout: '' });
    expect(alone.error().code).toBe('confirmation_required');
    const asked: string[] = [];
    const ask = (text: string) => Promise.resolve((asked.push(text), ''));
    expect((await skclaw(argv, { env: { SKCLAW_URL: url }, ask })).code).toBe(1);
    expect(asked).toEqual([question]);
    expect(received).toEqual([]);
  });

  test.each([
    ['remove .. --tenant-id acme --yes', '<hostname> must be a hostname'],
    ['move . --tenant-id acme --to x --yes', '<hostname> must be a hostname'],
    ['add a/b --tenant-id acme', '<hostname> must be a hostname'],
    ['add --tenant-id acme', 'missing required args'],
    [`move ${HOST} --tenant-id acme --yes`, '--to is required'],
    [`add ${HOST}`, '--tenant-id is required'],
  ])('hostname %s is refused before anything is asked', async (line, message) => {
    const ran = await skclaw(['hostname', ...line.split(' ')]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'invalid_usage' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    ['add api.streamkinetics.com', 400, 'invalid_hostname', 1],
    [`add ${HOST}`, 409, 'hostname_taken', 1],
    [`remove ${HOST} --yes`, 404, 'not_found', 1],
    [`move ${HOST} --to globex --yes`, 403, 'forbidden', 2],
    [`add ${HOST}`, 503, 'agent_unavailable', 3],
  ])('hostname %s ends with the system’s %i %s', async (line, status, code, exit) => {
    const error = { code, message: 'No.', hint: 'Else.' };
    const { url, received } = await startSystem({ status, body: { error } });
    const argv = ['hostname', ...line.split(' '), '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
    expect(received).toHaveLength(1);
  });
});
