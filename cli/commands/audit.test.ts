import { describe, expect, test } from 'vitest';
import { TENANT_ID } from '../testing/answers.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

const AT = Date.UTC(2026, 10, 22);
const entry = {
  id: '01JDZZZZZZZZZZZZZZZZZZZZZZ',
  at: AT,
  actor: 'ada@example.com',
  action: 'tenant.update',
  target: `tenant:${TENANT_ID}`,
  tenantId: TENANT_ID,
  tenantSlug: 'acme',
  before: { tier: 'free' },
  after: { tier: 'premium', note: 'x'.repeat(100) },
  requestId: 'r1',
};

describe('audit', () => {
  const page = { entries: [entry], cursor: 'next' };

  test.each([
    ['', ''],
    [
      '--tenant-id acme --actor ada@example.com --action tenant.update --target policy:3 --query x',
      '?tenant=acme&q=x&actor=ada%40example.com&action=tenant.update&target=policy%3A3',
    ],
    ['--limit 2 --cursor c --since 2026-11-22', `?limit=2&cursor=c&since=${AT}`],
    ['--before 2026-11-22T01:00:00+01:00', `?before=${AT}`],
  ])('%s asks for a page', async (line, query) => {
    const system = await startSystem({ body: page });
    const argv = ['audit', ...line.split(' ').filter(Boolean)];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(page);
    const [received] = system.received;
    expect(received?.method).toBe('GET');
    const url = new URL(received?.url ?? '', system.url);
    expect(url.pathname).toBe('/admin/api/audit');
    expect([...url.searchParams].toSorted()).toEqual([...new URLSearchParams(query)].toSorted());
  });

  test('shows a table with short changes, and how to get the older entries', async () => {
    const { url } = await startSystem({ body: page });
    const ran = await skclaw(['audit', '--format', 'table'], { env: { SKCLAW_URL: url } });
    expect(ran.stdout).toMatch(/^2026-11-22T00:00:00\.000Z +ada@example\.com +tenant\.update /m);
    expect(ran.stdout).toContain('{"tier":"premium"');
    expect(ran.stdout).not.toContain('x'.repeat(61));
    expect(ran.stderr).toBe('There are more: --cursor next\n');
  });

  test('is valid JSON when nothing was changed', async () => {
    const { url } = await startSystem({ body: { entries: [], cursor: null } });
    const ran = await skclaw(['audit'], { env: { SKCLAW_URL: url } });
    expect(ran.data()).toEqual({ entries: [], cursor: null });
  });

  test.each([
    ['--since soon', '--since must be a time such as'],
    ['--before 2026-13-01', '--before must be a time such as'],
    ['--limit 0', '--limit must be a number'],
  ])('%s is refused before anything is asked', async (line, message) => {
    const ran = await skclaw(['audit', ...line.split(' ')]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    [403, 'forbidden', 2],
    [404, 'tenant_not_found', 1],
    [500, 'internal', 3],
  ])('ends with the system’s %i %s', async (status, code, exit) => {
    const error = { code, message: 'No.' };
    const { url } = await startSystem({ status, body: { error } });
    const ran = await skclaw(['audit'], { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});

describe('notice list', () => {
  const data = { month: AT, usedNano: 4_000_000_000, limitNano: 5_000_000_000 };
  const notice = { id: 'n', tenantId: TENANT_ID, kind: 'budget_80', data, at: AT };

  test('asks for a page, and shows money as dollars', async () => {
    const body = { notices: [notice], cursor: 'next' };
    const system = await startSystem({ body });
    const env = { SKCLAW_URL: system.url };
    const ran = await skclaw(['notice', 'list', '--limit', '1', '--cursor', 'c'], { env });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(body);
    expect(system.received).toMatchObject([
      { method: 'GET', url: '/admin/api/notices?limit=1&cursor=c' },
    ]);
    const table = await skclaw(['notice', 'list', '--format', 'table'], { env });
    expect(table.stdout).toMatch(/^2026-11-22T\S+ +0c9f\S+ +budget_80 +\$4\.00 +\$5\.00$/m);
    expect(table.stderr).toContain('--cursor next');
  });

  test('is valid JSON when there is none, and ends as the system says', async () => {
    const error = { code: 'forbidden', message: 'No.' };
    const { url } = await startSystem(
      { body: { notices: [], cursor: null } },
      { status: 403, body: { error } },
    );
    const env = { SKCLAW_URL: url };
    expect((await skclaw(['notice', 'list'], { env })).data()).toEqual({
      notices: [],
      cursor: null,
    });
    expect(await skclaw(['notice', 'list'], { env })).toMatchObject({ code: 2, stdout: '' });
  });
});
