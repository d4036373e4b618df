import { and, asc, count, desc, eq, gte, lt, ne, or, sql } from 'drizzle-orm';
import { AGENT_STATES } from '../../contract/agent.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { MAX_REFUSED_ROUTES, type Overview, type WakeSums } from '../../contract/overview.ts';
import { agents, refusals, tenants, usageDaily, wakes } from '../schema.ts';
import type { UsageSums } from '../../contract/usage.ts';
import type { WakeOutcome } from '../../contract/wakes.ts';
import { attentionOf, attentionQueries, type AttentionTimes } from './attention.ts';
import type { Db } from './open.ts';
import { DAY_MS, dayOf } from './usage-daily.ts';
import { newestSettled, NOTHING, sums } from './usage-report.ts';

const kept = and(ne(tenants.id, SYSTEM_TENANT_ID), ne(tenants.status, 'deleted'));

/** Results of wakes, summed by outcome. */
interface Woken {
  outcome: WakeOutcome;
  count: number;
  meanMs: number;
  maxMs: number;
}

function wakeSums(woken: readonly Woken[]): WakeSums {
  const of = (outcome: WakeOutcome) => woken.find((sums) => sums.outcome === outcome);
  const { meanMs = null, maxMs = null } = of('ready') ?? {};
  const count = (outcome: WakeOutcome): number => of(outcome)?.count ?? 0;
  return {
    ready: count('ready'),
    failed: count('failed'),
    lost: count('lost'),
    meanMs,
    maxMs,
  };
}

/** Sums by day from a day on, of the built-in tenant or of all others. */
function sumDays(db: Db, { since, isSystem }: { since: number; isSystem: boolean }) {
  const isIts = (isSystem ? eq : ne)(usageDaily.tenantId, SYSTEM_TENANT_ID);
  return db
    .select({ day: usageDaily.day, ...sums })
    .from(usageDaily)
    .where(and(gte(usageDaily.day, since), isIts))
    .groupBy(usageDaily.day);
}

/** Reads the overview in one batch. Touches no object. */
export async function readOverview(
  db: Db,
  { now, ...times }: AttentionTimes & { now: number },
): Promise<Overview> {
  const today = dayOf(now);
  const yesterday = today - DAY_MS;
  const isToday = sql`${refusals.hour} >= ${today}`;
  const refused = {
    status: refusals.status,
    today: sql<number>`coalesce(sum(CASE WHEN ${isToday} THEN ${refusals.count} END), 0)`.as(
      'today',
    ),
    yesterday:
      sql<number>`coalesce(sum(CASE WHEN NOT ${isToday} THEN ${refusals.count} END), 0)`.as(
        'yesterday',
      ),
  };
  const [states, byTier, woken, ofDays, ofSystem, [newest], byStatus, byRoute, ...waiting] =
    await db.batch([
      db
        .select({ state: agents.state, count: count().as('n') })
        .from(tenants)
        .leftJoin(agents, eq(agents.tenantId, tenants.id))
        .where(kept)
        .groupBy(agents.state),
      db
        .select({ tier: tenants.tier, status: tenants.status, count: count().as('n') })
        .from(tenants)
        .where(kept)
        .groupBy(tenants.tier, tenants.status),
      db
        .select({
          isToday: sql<number>`${wakes.at} >= ${today}`.as('is_today'),
          outcome: wakes.outcome,
          count: count().as('n'),
          meanMs: sql<number>`avg(${wakes.ms})`.as('mean_ms'),
          maxMs: sql<number>`max(${wakes.ms})`.as('max_ms'),
        })
        .from(wakes)
        .where(or(gte(wakes.at, today), and(gte(wakes.at, yesterday), lt(wakes.at, now - DAY_MS))))
        .groupBy(sql`is_today`, wakes.outcome),
      sumDays(db, { since: yesterday, isSystem: false }),
      sumDays(db, { since: today, isSystem: true }),
      newestSettled(db, null),
      db
        .select(refused)
        .from(refusals)
        .where(gte(refusals.hour, yesterday))
        .groupBy(refusals.status)
        .orderBy(asc(refusals.status)),
      db
        .select({ route: refusals.route, ...refused })
        .from(refusals)
        .where(gte(refusals.hour, yesterday))
        .groupBy(refusals.route, refusals.status)
        .orderBy(desc(sql`today`), desc(sql`yesterday`), asc(refusals.route))
        .limit(MAX_REFUSED_ROUTES),
      ...attentionQueries(db, times),
    ]);
  const inState = new Map(states.map(({ state, count: n }) => [state, n]));
  const sumsOf = (days: typeof ofDays, day: number): UsageSums => {
    const { day: _, ...found } = days.find((one) => one.day === day) ?? { day, ...NOTHING };
    return found;
  };
  return {
    at: now,
    agents: {
      states: AGENT_STATES.map((state) => ({ state, count: inState.get(state) ?? 0 })),
      unheard: inState.get(null) ?? 0,
    },
    tenants: byTier,
    wakes: {
      today: wakeSums(woken.filter((row) => row.isToday === 1)),
      yesterday: wakeSums(woken.filter((row) => row.isToday === 0)),
    },
    usage: {
      today: sumsOf(ofDays, today),
      yesterday: sumsOf(ofDays, yesterday),
      system: sumsOf(ofSystem, today),
      asOf: newest?.at ?? null,
    },
    refusals: { byStatus, byRoute },
    attention: attentionOf(waiting),
  };
}
