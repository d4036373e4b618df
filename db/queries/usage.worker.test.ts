import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { makeUsageRow } from '../doubles/usage-row.ts';
import { openDb } from './open.ts';
import { insertUsage, listUsage, MAX_ROWS_PER_INSERT } from './usage.ts';
import { totalUsage } from './usage-report.ts';

const db = openDb(env.DB);

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const idsOf = (rows: { id: string }[]): string[] => rows.map(({ id }) => id);

it('books usage exactly once and as it was sent', async () => {
  const rows = [
    makeUsageRow('call-1.1'),
    makeUsageRow('call-2.1', { created_at: 2_000, status: null, outcome: 'timeout' }),
  ];
  await insertUsage(db, rows);
  await insertUsage(db, [makeUsageRow('call-1.1', { tokens_in: 999 }), ...rows]);
  expect(await listUsage(db, { tenantId: 'tenant-a', limit: 10, after: null })).toEqual([
    rows[1],
    rows[0],
  ]);
  expect(await totalUsage(db, { tenantId: 'tenant-a' })).toEqual({
    attempts: 2,
    failures: 1,
    tokensIn: 20,
    tokensOut: 10,
    tokensCached: 0,
    costNano: 5_200,
  });
});

it('counts an id that stands twice in a batch once, as it stood first', async () => {
  const row = makeUsageRow('twice.1', { tenant_id: 'twice' });
  await insertUsage(db, [row, { ...row, tokens_in: 999 }, row]);
  expect(await listUsage(db, { tenantId: 'twice', limit: 10, after: null })).toEqual([row]);
  expect(await totalUsage(db, { tenantId: 'twice' })).toMatchObject({ attempts: 1, tokensIn: 10 });
});

it('counts the new rows of a batch that is booked in part, also when two book it at once', async () => {
  const rows = ['part-1.1', 'part-2.1', 'part-3.1'].map((id) =>
    makeUsageRow(id, { tenant_id: 'part' }),
  );
  await insertUsage(db, rows.slice(0, 1));
  await Promise.all([insertUsage(db, rows), insertUsage(db, rows.slice(1))]);
  expect(await totalUsage(db, { tenantId: 'part' })).toMatchObject({ attempts: 3, tokensIn: 30 });
});

it('changes neither rows nor sums when one of a batch cannot be booked', async () => {
  const row = makeUsageRow('torn-1.1', { tenant_id: 'torn' });
  const broken = { ...row, id: 'torn-2.1', price_version: null as unknown as string };
  await expect(insertUsage(db, [row, broken])).rejects.toThrow();
  expect(await listUsage(db, { tenantId: 'torn', limit: 10, after: null })).toEqual([]);
  expect(await totalUsage(db, { tenantId: 'torn' })).toMatchObject({ attempts: 0 });
});

it('takes a full batch of usage, and refuses a larger one', async () => {
  const rows = Array.from({ length: MAX_ROWS_PER_INSERT }, (_, index) =>
    makeUsageRow(`bulk-${index}.1`, { tenant_id: 'bulk', model: 'm'.repeat(200) }),
  );
  await insertUsage(db, rows);
  expect((await totalUsage(db, { tenantId: 'bulk' })).attempts).toBe(MAX_ROWS_PER_INSERT);
  await expect(insertUsage(db, [...rows, makeUsageRow('one-more.1')])).rejects.toThrow(RangeError);
  expect(JSON.stringify(rows).length).toBeLessThan(1_000_000);
});

it('lists a tenant’s usage by pages, and only of the time that is asked for', async () => {
  const rows = [1_000, 2_000, 2_000, 3_000].map((created_at, index) =>
    makeUsageRow(`page-${index}.1`, { tenant_id: 'pages', created_at }),
  );
  await insertUsage(db, rows);
  const all = { tenantId: 'pages', limit: 2, after: null };
  expect(idsOf(await listUsage(db, all))).toEqual(['page-3.1', 'page-2.1']);
  const after = { createdAt: 2_000, id: 'page-2.1' };
  expect(idsOf(await listUsage(db, { ...all, after }))).toEqual(['page-1.1', 'page-0.1']);
  const middle = { ...all, since: 2_000, before: 3_000 };
  expect(idsOf(await listUsage(db, middle))).toEqual(['page-2.1', 'page-1.1']);
});
