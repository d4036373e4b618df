import { describe, expect, test } from 'vitest';
import { skclaw, startSystem } from '../testing/harness.ts';

const PATH = '/admin/api/operators';
const ADA = {
  subject: 'ada@example.com',
  kind: 'person',
  role: 'viewer',
  source: 'stored',
  createdBy: 'eve@example.com',
  createdAt: Date.UTC(2026, 10, 22),
};
const gone = { subject: ADA.subject, removed: true };

describe('operators', () => {
  test.each([
    [
      'list',
      'GET',
      '',
      undefined,
      { operators: [ADA] },
      /^ada@example\.com +person +viewer +stored /m,
    ],
    [
      'add ada@example.com --role viewer',
      'POST',
      '',
      { kind: 'person', subject: 'ada@example.com', role: 'viewer' },
      ADA,
      /^createdAt +2026-11-22T00:00:00\.000Z$/m,
    ],
    [
      'add 0123.access --role admin',
      'POST',
      '',
      { kind: 'service', subject: '0123.access', role: 'admin' },
      ADA,
      /^kind +person$/m,
    ],
    [
      'update ada@example.com --role admin',
      'PATCH',
      '/ada%40example.com',
      { role: 'admin' },
      ADA,
      /^role/m,
    ],
  ])('operator %s', async (line, method, path, body, answer, table) => {
    const system = await startSystem({ body: answer });
    const argv = ['operator', ...line.split(' ')];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(answer);
    expect(system.received).toMatchObject([{ method, url: `${PATH}${path}` }]);
    expect(system.received[0]?.body).toEqual(body);
    const shown = await skclaw([...argv, '--format', 'table'], { env: { SKCLAW_URL: system.url } });
    expect(shown.stdout).toMatch(table);
  });

  test('operator remove answers who is gone', async () => {
    const system = await startSystem({ status: 204, body: '' });
    const argv = ['operator', 'remove', 'ada@example.com', '--yes'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(gone);
    expect(system.received).toMatchObject([{ method: 'DELETE', url: `${PATH}/ada%40example.com` }]);
  });

  test('are valid JSON when there is none', async () => {
    const { url } = await startSystem({ body: { operators: [] } });
    const ran = await skclaw(['operator', 'list'], { env: { SKCLAW_URL: url } });
    expect(ran.data()).toEqual({ operators: [] });
  });

  test('removing is asked for first', async () => {
    const { url, received } = await startSystem({ body: {} });
    const ran = await skclaw(['operator', 'remove', 'ada@example.com'], {
      env: { SKCLAW_URL: url },
    });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().code).toBe('confirmation_required');
    expect(received).toEqual([]);
  });

  test.each([
    ['add ada@example.com', '--role is required'],
    ['add ada@example.com --role owner', '--role must be one of viewer, maintainer, admin'],
    ['add a,b --role admin', '<subject> must be an e-mail address'],
    ['remove .. --yes', '<subject> must be an e-mail address'],
    ['update --role admin', 'missing required args'],
  ])('operator %s is refused before anything is asked', async (line, message) => {
    const ran = await skclaw(['operator', ...line.split(' ')]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'invalid_usage' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    ['add ada@example.com --role admin', 403, 'forbidden', 2],
    ['add ada@example.com --role admin', 409, 'conflict', 1],
    ['update ada@example.com --role admin', 404, 'not_found', 1],
    ['remove ada@example.com --yes', 409, 'conflict', 1],
    ['remove ada@example.com --yes', 500, 'internal', 3],
  ])('operator %s ends with the system’s %i %s', async (line, status, code, exit) => {
    const error = { code, message: 'No.', hint: 'Else.' };
    const { url, received } = await startSystem({ status, body: { error } });
    const ran = await skclaw(['operator', ...line.split(' ')], { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
    expect(received).toHaveLength(1);
  });
});
