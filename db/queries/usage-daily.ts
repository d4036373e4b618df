import { and, eq, gte, lt, notExists, or, sql, type SQL } from 'drizzle-orm';
import type { UsageRow } from '../../contract/usage.ts';
import { closedDays, tenants, usage, usageDaily } from '../schema.ts';
import type { Db } from './open.ts';
import { eachUsage, usageField } from './usage-json.ts';

/** A UTC day, ms. */
export const DAY_MS = 86_400_000;

/** The first moment of the UTC day of a time. */
export function dayOf(at: number): number {
  return at - (at % DAY_MS);
}

const KEY = [
  usageDaily.day,
  usageDaily.tenantId,
  usageDaily.platform,
  usageDaily.tier,
  usageDaily.workload,
  usageDaily.model,
];
const NAMES = ['tenant_id', 'platform', 'tier', 'workload', 'model'] as const;
const SUMS = ['attempts', 'failures', 'tokensIn', 'tokensOut', 'tokensCached', 'costNano'] as const;

/**
 * Days' sums out of `from`, rows of usage whose columns `field` names in SQL. The columns are in the
 * order of the schema, as an insert by select needs them.
 */
function selectSums(field: (column: keyof UsageRow) => string, from: SQL): SQL {
  const at = field('created_at');
  const columns = [
    `${at} - ${at} % ${DAY_MS}`,
    ...NAMES.map(field),
    'count(*)',
    `sum(${field('outcome')} <> 'ok')`,
    `sum(${field('tokens_in')})`,
    `sum(${field('tokens_out')})`,
    `sum(${field('tokens_cached')})`,
    `sum(${field('cost_nano')})`,
  ];
  return sql`SELECT ${sql.raw(columns.join(', '))} FROM ${from} GROUP BY 1, 2, 3, 4, 5, 6`;
}

/** A value for each sum, out of the column it stands in. */
function eachSum(value: (column: SQL, added: SQL) => SQL): Record<(typeof SUMS)[number], SQL> {
  const entries = SUMS.map((name) => {
    const column = usageDaily[name];
    return [name, value(sql`${column}`, sql`excluded.${sql.identifier(column.name)}`)];
  });
  return Object.fromEntries(entries);
}

/**
 * Adds to the sums those of the rows of a usageJson that are not booked yet. Stands before the insert
 * of the same rows, in the same batch: then repeating both changes nothing. An id may be among them
 * once only.
 */
export function addNewUsage(db: Db, json: string) {
  const id = sql.raw(usageField('id'));
  const isNew = sql`NOT EXISTS (SELECT 1 FROM ${usage} WHERE ${usage.id} = ${id})`;
  return db
    .insert(usageDaily)
    .select(selectSums(usageField, sql`${eachUsage(json)} WHERE ${isNew}`))
    .onConflictDoUpdate({
      target: KEY,
      set: eachSum((column, added) => sql`${column} + ${added}`),
    });
}

/**
 * Puts a day's sums, as its rows say, in place of those that are otherwise or not there. The rows
 * are found tenant by tenant: `usage` has no index by time alone, and CROSS JOIN keeps that order
 * (SQLite, "Manual Control Of Query Plans Using CROSS JOIN").
 */
export function recomputeDay(db: Db, day: number) {
  const rows = sql`${tenants} AS t CROSS JOIN ${usage} AS u
    ON u.tenant_id = t.id AND u.created_at >= ${day} AND u.created_at < ${day + DAY_MS}
    WHERE true`;
  const differs = eachSum((column, added) => sql`${column} <> ${added}`);
  return db
    .insert(usageDaily)
    .select(selectSums((column) => `u.${column}`, rows))
    .onConflictDoUpdate({
      target: KEY,
      set: eachSum((_, added) => added),
      setWhere: or(...Object.values(differs)),
    });
}

/** Removes a day's sums that no row stands for. */
export function dropUnfounded(db: Db, day: number) {
  const founded = db
    .select({ one: sql`1` })
    .from(usage)
    .where(
      and(
        eq(usage.tenant_id, usageDaily.tenantId),
        gte(usage.created_at, day),
        lt(usage.created_at, day + DAY_MS),
        eq(usage.platform, usageDaily.platform),
        eq(usage.tier, usageDaily.tier),
        eq(usage.workload, usageDaily.workload),
        eq(usage.model, usageDaily.model),
      ),
    );
  return db.delete(usageDaily).where(and(eq(usageDaily.day, day), notExists(founded)));
}

/**
 * Makes a day's sums again from its rows and writes that the day is closed, in one commit. Answers
 * how many sums were otherwise before: none, unless something went wrong. Rows that come later are
 * added to the sums as ever.
 */
export async function closeDay(
  db: Db,
  { day, now }: { day: number; now: number },
): Promise<{ differed: number }> {
  const [replaced, dropped] = await db.batch([
    recomputeDay(db, day),
    dropUnfounded(db, day),
    db.insert(closedDays).values({ day, closedAt: now }).onConflictDoNothing(),
  ]);
  return { differed: replaced.meta.changes + dropped.meta.changes };
}

/** The last closed day; null when none is. */
export async function lastClosedDay(db: Db): Promise<number | null> {
  const [row] = await db
    .select({ day: sql<number | null>`max(${closedDays.day})` })
    .from(closedDays);
  return row?.day ?? null;
}

/** The day of the oldest booked attempt; null when there is none. Looks at one row of each tenant. */
export async function firstUsageDay(db: Db): Promise<number | null> {
  const oldest = sql`(SELECT min(u.created_at) FROM ${usage} u WHERE u.tenant_id = ${tenants.id})`;
  const [row] = await db.select({ at: sql<number | null>`min(${oldest})` }).from(tenants);
  return row?.at === null || row?.at === undefined ? null : dayOf(row.at);
}
