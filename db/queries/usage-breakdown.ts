import { and, asc, desc, eq, ne, sql } from 'drizzle-orm';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import type { UsageSums } from '../../contract/usage.ts';
import type { UsageBreakdown, UsageGroup } from '../../contract/usage-report.ts';
import { usageDaily } from '../schema.ts';
import type { Db } from './open.ts';
import {
  date,
  newestSettled,
  NOTHING,
  selects,
  slugOfTenant,
  sums,
  type UsageSelection,
} from './usage-report.ts';

type Name = 'day' | 'model' | 'workload' | 'platform' | 'tier';
/** What one day's calls of one kind used. */
type KindOfDay = UsageSums & Record<Name, string>;

function plus(a: UsageSums, b: UsageSums): UsageSums {
  return {
    attempts: a.attempts + b.attempts,
    failures: a.failures + b.failures,
    tokensIn: a.tokensIn + b.tokensIn,
    tokensOut: a.tokensOut + b.tokensOut,
    tokensCached: a.tokensCached + b.tokensCached,
    costNano: a.costNano + b.costNano,
  };
}

/** Sums of rows by what they have in one column, in the order in which that is first met. */
function groupBy(rows: readonly KindOfDay[], name: Name): UsageGroup[] {
  const byKey = new Map<string, UsageSums>();
  for (const row of rows) byKey.set(row[name], plus(byKey.get(row[name]) ?? NOTHING, row));
  return [...byKey].map(([key, sum]) => ({ key, label: key, ...sum }));
}

const dearestFirst = (groups: UsageGroup[]): UsageGroup[] =>
  groups.toSorted((a, b) => b.costNano - a.costNano || a.key.localeCompare(b.key));

function withoutCount({ key, label, ...group }: UsageGroup & { count: number }): UsageGroup {
  const { attempts, failures, tokensIn, tokensOut, tokensCached, costNano } = group;
  return { key, label, attempts, failures, tokensIn, tokensOut, tokensCached, costNano };
}

/**
 * The statements of a breakdown. The first two read the range once each, and the third that before it;
 * `usage_daily_kind` holds the first one's groups in their order, so that nothing is sorted for it.
 */
function statements(
  db: Db,
  {
    tenantLimit,
    ...query
  }: UsageSelection & { since: number; before: number; tenantLimit: number },
) {
  const { tenantId, since, before } = query;
  const but = tenantId === null ? ne(usageDaily.tenantId, SYSTEM_TENANT_ID) : undefined;
  const listed = and(selects(query), but);
  const previous = { ...query, since: since - (before - since), before: since };
  const tenant = sql<string>`${usageDaily.tenantId}`;
  const { model, workload, platform, tier } = usageDaily;
  return [
    db
      .select({ day: date.as('day'), platform, tier, workload, model, ...sums })
      .from(usageDaily)
      .where(listed)
      .groupBy(usageDaily.day, platform, tier, workload, model)
      .orderBy(asc(usageDaily.day)),
    db
      .select({
        key: tenant.as('key'),
        label: slugOfTenant.as('label'),
        ...sums,
        count: sql<number>`count(*) OVER ()`.as('count'),
      })
      .from(usageDaily)
      .where(listed)
      .groupBy(tenant)
      .orderBy(desc(sums.costNano), asc(tenant))
      .limit(tenantLimit),
    db
      .select(sums)
      .from(usageDaily)
      .where(and(selects(previous), but)),
    db
      .select(sums)
      .from(usageDaily)
      .where(and(selects(query), eq(usageDaily.tenantId, SYSTEM_TENANT_ID))),
    newestSettled(db, tenantId),
  ] as const;
}

/** The same sums in every grouping, and those of the time before; see usageBreakdown. */
export async function breakDownUsage(
  db: Db,
  query: UsageSelection & { since: number; before: number; tenantLimit: number },
): Promise<Omit<UsageBreakdown, 'from' | 'to' | 'previous'> & { previous: UsageSums }> {
  const [kinds, tenants, [previous], [system], [newest]] = await db.batch(statements(db, query));
  return {
    days: groupBy(kinds, 'day'),
    models: dearestFirst(groupBy(kinds, 'model')),
    workloads: dearestFirst(groupBy(kinds, 'workload')),
    platforms: dearestFirst(groupBy(kinds, 'platform')),
    tiers: dearestFirst(groupBy(kinds, 'tier')),
    tenants: tenants.map(withoutCount),
    tenantCount: tenants[0]?.count ?? 0,
    totals: kinds.reduce<UsageSums>(plus, NOTHING),
    previous: previous ?? NOTHING,
    system: query.tenantId === null ? (system ?? NOTHING) : null,
    asOf: newest?.at ?? null,
  };
}
