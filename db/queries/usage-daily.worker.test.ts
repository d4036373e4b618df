import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { makeUsageRow } from '../doubles/usage-row.ts';
import { openDb } from './open.ts';
import { insertUsage } from './usage.ts';
import {
  closeDay,
  DAY_MS,
  dropUnfounded,
  firstUsageDay,
  lastClosedDay,
  recomputeDay,
} from './usage-daily.ts';
import { totalUsage } from './usage-report.ts';

const db = openDb(env.DB);
const DAY = Date.UTC(2026, 10, 22);
const TENANTS = [SYSTEM_TENANT_ID, crypto.randomUUID(), crypto.randomUUID()] as const;

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  for (const id of TENANTS.slice(1)) {
    await env.DB.prepare(
      `INSERT INTO tenants (id, slug, platform, tier, created_at, updated_at)
       VALUES (?, ?, 'streamkinetics.com', 'free', 1, 1)`,
    )
      .bind(id, id.slice(0, 8))
      .run();
  }
});
beforeEach(async () => {
  const tables = ['usage', 'usage_daily', 'closed_days'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

type Sums = Record<string, unknown>[];

/** The sums as they stand. */
async function stored(): Promise<Sums> {
  return (await env.DB.prepare('SELECT * FROM usage_daily ORDER BY 1, 2, 3, 4, 5, 6').all())
    .results as Sums;
}

/** The sums as the rows say, put differently from how the code does it. */
async function expected(): Promise<Sums> {
  const { results } = await env.DB.prepare(
    `SELECT unixepoch(date(created_at / 1000, 'unixepoch')) * 1000 AS day, tenant_id, platform,
       tier, workload, model, count(id) AS attempts, count(nullif(outcome, 'ok')) AS failures,
       sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
       sum(tokens_cached) AS tokens_cached, sum(cost_nano) AS cost_nano
     FROM usage GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`,
  ).all();
  return results as Sums;
}

/** Rows of two days, three tenants, all kinds of outcomes; each one differs from the others. */
const rows = Array.from({ length: 240 }, (_, n) =>
  makeUsageRow(`row-${n}.1`, {
    tenant_id: TENANTS[n % 3],
    workload: n % 5 === 0 ? 'monitor' : 'chat',
    tier: n % 7 === 0 ? 'premium' : 'free',
    model: `model-${n % 4}`,
    platform: n % 2 === 0 ? 'streamkinetics.com' : 'example.com',
    outcome: n % 11 === 0 ? 'timeout' : 'ok',
    tokens_in: n,
    tokens_out: 2 * n,
    tokens_cached: n % 3,
    cost_nano: 1_000_000 + n,
    // Both the first and the last moment of the first day are among them.
    created_at: n === 0 ? DAY : n === 1 ? DAY + DAY_MS - 1 : DAY + n * 500_000,
  }),
);

describe('the sums of a day', () => {
  it('are those of its rows, however often and in whatever parts these come', async () => {
    for (let start = 0; start < rows.length; start += 40) {
      // Each batch repeats half of the one before.
      await insertUsage(db, rows.slice(Math.max(0, start - 20), start + 40));
    }
    await insertUsage(db, rows);
    expect(await stored()).toEqual(await expected());
    expect((await stored()).reduce((sum, row) => sum + Number(row['attempts']), 0)).toBe(240);
  });

  it('are not touched by closing it when they are right', async () => {
    await insertUsage(db, rows);
    const before = await stored();
    expect(await closeDay(db, { day: DAY, now: 7 })).toEqual({ differed: 0 });
    expect(await stored()).toEqual(before);
    expect(await lastClosedDay(db)).toBe(DAY);
  });

  it('are made again from the rows when the day is closed, and counted when they were wrong', async () => {
    await insertUsage(db, rows);
    const right = await stored();
    const change = (statement: string) => env.DB.prepare(statement).run();
    await change(`UPDATE usage_daily SET cost_nano = cost_nano + 1 WHERE day = ${DAY}
      AND model = 'model-1' AND workload = 'monitor'`);
    const wrong = (await stored()).filter((row, n) => row['cost_nano'] !== right[n]?.['cost_nano']);
    expect(wrong.length).toBeGreaterThan(0);
    await change(`DELETE FROM usage_daily WHERE rowid IN
      (SELECT rowid FROM usage_daily WHERE day = ${DAY} AND model = 'model-2' LIMIT 1)`);
    await change(`INSERT INTO usage_daily VALUES
      (${DAY}, '${TENANTS[1]}', 'streamkinetics.com', 'free', 'chat', 'never', 1, 0, 1, 1, 0, 1)`);
    expect(await closeDay(db, { day: DAY, now: 7 })).toEqual({ differed: wrong.length + 2 });
    expect(await stored()).toEqual(right);
  });

  it('still take rows that come after it was closed', async () => {
    await insertUsage(db, rows.slice(0, 100));
    await closeDay(db, { day: DAY, now: 7 });
    await insertUsage(db, rows);
    expect(await stored()).toEqual(await expected());
    expect(await closeDay(db, { day: DAY, now: 9 })).toEqual({ differed: 0 });
  });

  it('are those of one day: closing it leaves the next as it is', async () => {
    await insertUsage(db, rows);
    await env.DB.prepare(`UPDATE usage_daily SET attempts = 0 WHERE day = ${DAY + DAY_MS}`).run();
    expect(await closeDay(db, { day: DAY, now: 7 })).toEqual({ differed: 0 });
    expect((await closeDay(db, { day: DAY + DAY_MS, now: 7 })).differed).toBeGreaterThan(0);
  });
});

it('finds the first day in the books, and none in empty ones', async () => {
  expect(await firstUsageDay(db)).toBeNull();
  expect(await lastClosedDay(db)).toBeNull();
  await insertUsage(db, rows.toReversed());
  expect(await firstUsageDay(db)).toBe(DAY);
});

describe('closing a day reads no row of another one', () => {
  async function planOf(query: { toSQL(): { sql: string; params: unknown[] } }): Promise<string[]> {
    const { sql, params } = query.toSQL();
    const plan = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...params);
    return (await plan.all<{ detail: string }>()).results.map(({ detail }) => detail);
  }
  const RANGE = 'USING INDEX usage_tenant_time (tenant_id=? AND created_at>? AND created_at<?)';

  it('when its sums are made again', async () => {
    const plan = await planOf(recomputeDay(db, DAY));
    expect(plan).toContain(`SEARCH u ${RANGE}`);
    expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([
      expect.stringMatching(/^SCAN t USING COVERING INDEX/),
    ]);
  });

  it('when sums without rows are looked for', async () => {
    const plan = await planOf(dropUnfounded(db, DAY));
    expect(plan).toContain(`SEARCH usage ${RANGE}`);
    expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });
});

it('totals are those of what is asked for', async () => {
  await insertUsage(db, rows);
  const of = (wanted: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(wanted).reduce((sum, row) => sum + row.cost_nano, 0);
  const [, tenantId] = TENANTS;
  const costs = async (selection: object): Promise<number> =>
    (await totalUsage(db, { tenantId, ...selection })).costNano;
  expect(await costs({})).toBe(of((row) => row.tenant_id === tenantId));
  const isEarly = (row: (typeof rows)[number]): boolean => row.created_at < DAY + DAY_MS;
  expect(await costs({ before: DAY + DAY_MS })).toBe(
    of((row) => row.tenant_id === tenantId && isEarly(row)),
  );
  expect(await costs({ since: DAY + DAY_MS, model: 'model-1' })).toBe(
    of((row) => row.tenant_id === tenantId && !isEarly(row) && row.model === 'model-1'),
  );
});
