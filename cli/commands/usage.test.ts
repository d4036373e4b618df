import { describe, expect, test } from 'vitest';
import { TENANT_ID } from '../testing/answers.ts';
import { skclaw, startSystem } from '../testing/harness.ts';

const sums = {
  attempts: 3,
  failures: 1,
  tokensIn: 1_000,
  tokensOut: 50,
  tokensCached: 0,
  costNano: 2_500_000_000,
};
const report = {
  from: '2026-11-01',
  to: '2026-11-30',
  by: 'tenant',
  groups: [{ key: TENANT_ID, label: 'acme', ...sums }],
  more: false,
  totals: sums,
  system: { ...sums, costNano: 14 },
  asOf: null,
};
const row = {
  id: 'c.1',
  tenant_id: TENANT_ID,
  call_id: 'c',
  attempt: 1,
  source: 'api',
  platform: 'streamkinetics.com',
  tier: 'premium',
  workload: 'chat',
  model: '@cf/zai-org/glm-4.7-flash',
  policy_version: 1,
  tokens_in: 10,
  tokens_out: 2,
  tokens_cached: 0,
  cost_nano: 1_400,
  price_version: 'p',
  latency_ms: 5,
  first_byte_ms: 2,
  status: 200,
  outcome: 'ok',
  settled_by: 'exact',
  log_id: null,
  session_id: null,
  turn_id: null,
  created_at: Date.UTC(2026, 10, 22),
  settled_at: Date.UTC(2026, 10, 22),
};
const page = { rows: [row], cursor: 'next', totals: sums };

describe('usage', () => {
  test.each([
    ['', '/admin/api/usage'],
    [
      '--by tenant --from 2026-11-01 --to 2026-11-30',
      '/admin/api/usage?from=2026-11-01&to=2026-11-30&by=tenant',
    ],
    ['--tenant-id acme --by model', '/admin/api/usage?tenant=acme&by=model'],
    [
      '--model @cf/x --workload chat --platform a.b',
      '/admin/api/usage?model=%40cf%2Fx&workload=chat&platform=a.b',
    ],
  ])('%s asks for sums', async (line, url) => {
    const system = await startSystem({ body: report });
    const argv = ['usage', ...line.split(' ').filter(Boolean)];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(report);
    expect(system.received).toMatchObject([{ method: 'GET', url }]);
  });

  test('shows sums as a table with the total, and the system’s own apart, in dollars', async () => {
    const { url } = await startSystem({ body: { ...report, more: true } });
    const ran = await skclaw(['usage', '--format', 'table'], { env: { SKCLAW_URL: url } });
    const lines = ran.stdout.split('\n');
    expect(lines[0]).toMatch(
      /^TENANT +ATTEMPTS +FAILURES +TOKENSIN +TOKENSOUT +TOKENSCACHED +COST$/,
    );
    expect(lines[1]).toMatch(/^acme +3 +1 +1000 +50 +0 +\$2\.50$/);
    expect(lines[2]).toMatch(/^total +3 .*\$2\.50$/);
    expect(lines[3]).toMatch(/^system, apart +3 .*\$0\.000000014$/);
    expect(ran.stderr).toContain('There are more groups');
  });

  test('--rows asks for a page of a tenant’s attempts', async () => {
    const system = await startSystem({ body: page });
    const argv = '--tenant-id acme --rows --from 2026-11-01 --to 2026-11-30 --limit 1 --cursor c';
    const ran = await skclaw(['usage', ...argv.split(' ')], { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(page);
    expect(system.received[0]?.url).toBe(
      '/admin/api/tenants/acme/usage?limit=1&cursor=c&from=2026-11-01&to=2026-11-30',
    );
    const table = await skclaw(['usage', '--tenant-id', 'acme', '--rows', '--format', 'table'], {
      env: { SKCLAW_URL: system.url },
    });
    expect(table.stdout).toMatch(
      /^2026-11-22T00:00:00\.000Z +@cf\S+ +chat +10 +2 +\$0\.0000014 +ok/m,
    );
    expect(table.stderr).toBe('3 attempts cost $2.50 together. There are more: --cursor next\n');
  });

  test.each([
    [['usage'], { ...report, groups: [], system: null }],
    [['usage', '--tenant-id', 'acme', '--rows'], { rows: [], cursor: null, totals: sums }],
  ])('%j is valid JSON when nothing was used', async (argv, body) => {
    const { url } = await startSystem({ body });
    const ran = await skclaw(argv, { env: { SKCLAW_URL: url } });
    expect(ran.data()).toEqual(body);
    const table = await skclaw([...argv, '--format', 'table'], { env: { SKCLAW_URL: url } });
    expect(table.code).toBe(0);
  });

  test.each([
    ['--rows', '--rows wants --tenant-id.'],
    ['--limit 3', '--limit and --cursor go with --rows.'],
    ['--tenant-id acme --rows --by day', '--rows goes without --by'],
    ['--by hour', '--by must be one of day, model, tenant'],
    ['--from yesterday', '--from must be a day such as'],
    ['--to 2026-02-30', '--to must be a day such as'],
    ['rows', 'Unused args: rows'],
  ])('%s is refused before anything is asked', async (line, message) => {
    const ran = await skclaw(['usage', ...line.split(' ')]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'invalid_usage' });
    expect(ran.error().message).toContain(message);
  });

  test.each([
    [400, 'invalid_request', 1],
    [403, 'forbidden', 2],
    [404, 'tenant_not_found', 1],
    [500, 'internal', 3],
  ])('ends with the system’s %i %s', async (status, code, exit) => {
    const error = { code, message: 'No.' };
    const { url } = await startSystem({ status, body: { error } });
    const ran = await skclaw(['usage', '--tenant-id', 'acme'], { env: { SKCLAW_URL: url } });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.error()).toEqual(error);
  });
});
