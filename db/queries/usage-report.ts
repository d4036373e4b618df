import { and, asc, desc, eq, gte, lt, ne, sql, type SQL } from 'drizzle-orm';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import type { UsageSums } from '../../contract/usage.ts';
import type { UsageGroup, UsageGrouping, UsageReport } from '../../contract/usage-report.ts';
import { tenants, usage, usageDaily } from '../schema.ts';
import type { Db } from './open.ts';

/** Which sums are wanted. Days are their first moments, UTC ms; `before` is not included. */
export interface UsageSelection {
  since?: number;
  before?: number;
  /** Null for all tenants: then the built-in one is summed apart. */
  tenantId: string | null;
  model?: string;
  workload?: string;
  platform?: string;
  tier?: string;
}

/** Sums of no row. */
export const NOTHING: UsageSums = {
  attempts: 0,
  failures: 0,
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  costNano: 0,
};

const total = (column: (typeof usageDaily)[keyof UsageSums]): SQL<number> =>
  sql<number>`coalesce(sum(${column}), 0)`;
/** The columns of usageSums, over the rows of a group. */
export const sums = {
  attempts: total(usageDaily.attempts),
  failures: total(usageDaily.failures),
  tokensIn: total(usageDaily.tokensIn),
  tokensOut: total(usageDaily.tokensOut),
  tokensCached: total(usageDaily.tokensCached),
  costNano: total(usageDaily.costNano),
};

/** How people read a tenant: its slug, or its id where no row has that. */
export const slugOfTenant = sql<string>`coalesce((SELECT ${tenants.slug} FROM ${tenants}
  WHERE ${tenants.id} = ${usageDaily.tenantId}), ${usageDaily.tenantId})`;
/** The day of a row, `YYYY-MM-DD`. */
export const date = sql<string>`strftime('%Y-%m-%d', ${usageDaily.day} / 1000, 'unixepoch')`;

/** What each grouping groups by, and how people read it. */
const GROUPINGS = {
  day: { key: date, label: date },
  tenant: { key: sql<string>`${usageDaily.tenantId}`, label: slugOfTenant },
  model: named(usageDaily.model),
  workload: named(usageDaily.workload),
  platform: named(usageDaily.platform),
  tier: named(usageDaily.tier),
} satisfies Record<UsageGrouping, { key: SQL<string>; label: SQL<string> }>;

function named(column: (typeof usageDaily)['model' | 'workload' | 'platform' | 'tier']) {
  const name = sql<string>`${column}`;
  return { key: name, label: name };
}

/** The condition for the rows that are wanted. */
export function selects(selection: UsageSelection): SQL | undefined {
  const { since, before, tenantId, model, workload, platform, tier } = selection;
  return and(
    since === undefined ? undefined : gte(usageDaily.day, since),
    before === undefined ? undefined : lt(usageDaily.day, before),
    tenantId === null ? undefined : eq(usageDaily.tenantId, tenantId),
    model === undefined ? undefined : eq(usageDaily.model, model),
    workload === undefined ? undefined : eq(usageDaily.workload, workload),
    platform === undefined ? undefined : eq(usageDaily.platform, platform),
    tier === undefined ? undefined : eq(usageDaily.tier, tier),
  );
}

/** When the newest booked attempt was settled: of all, the last row written; of a tenant, its latest. */
export function newestSettled(db: Db, tenantId: string | null) {
  const settled = db.select({ at: usage.settled_at }).from(usage);
  return tenantId === null
    ? settled.orderBy(sql`${usage}.rowid DESC`).limit(1)
    : settled.where(eq(usage.tenant_id, tenantId)).orderBy(desc(usage.created_at)).limit(1);
}

/** Sums by group, at most `limit` of them, their totals, and of when they are; see usageReport. */
export async function reportUsage(
  db: Db,
  query: UsageSelection & { by: UsageGrouping; limit: number },
): Promise<Pick<UsageReport, 'groups' | 'more' | 'totals' | 'system' | 'asOf'>> {
  const { by, limit, tenantId } = query;
  const { key, label } = GROUPINGS[by];
  const selected = selects(query);
  const listed =
    tenantId === null ? and(selected, ne(usageDaily.tenantId, SYSTEM_TENANT_ID)) : selected;
  const order = by === 'day' ? asc(key) : desc(sums.costNano);
  const [groups, [all], [system], [newest]] = await db.batch([
    db
      // A batch answers by the columns' names, so two may not be the same.
      .select({ key: key.as('key'), label: label.as('label'), ...sums })
      .from(usageDaily)
      .where(listed)
      .groupBy(key)
      .orderBy(order, asc(key))
      .limit(limit + 1),
    db.select(sums).from(usageDaily).where(listed),
    db
      .select(sums)
      .from(usageDaily)
      .where(and(selected, eq(usageDaily.tenantId, SYSTEM_TENANT_ID))),
    newestSettled(db, tenantId),
  ]);
  return {
    groups: groups.slice(0, limit) satisfies UsageGroup[],
    more: groups.length > limit,
    totals: all ?? NOTHING,
    system: tenantId === null ? (system ?? NOTHING) : null,
    asOf: newest?.at ?? null,
  };
}

/** Sums of all that is selected. */
export async function totalUsage(db: Db, selection: UsageSelection): Promise<UsageSums> {
  const [row] = await db.select(sums).from(usageDaily).where(selects(selection));
  return row ?? NOTHING;
}
