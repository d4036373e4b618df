import { and, asc, eq, gte, lt, max, ne, notInArray, sql, type SQL } from 'drizzle-orm';
import { MAX_ATTENTION_ENTRIES, type Attention } from '../../contract/attention.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { agents, notices, tenants } from '../schema.ts';
import type { Db } from './open.ts';

/** From when on something waits for a person, UTC ms. */
export interface AttentionTimes {
  /** What is late, pending or going on since before. */
  before: number;
  /** First moment of the month whose budgets count. */
  month: number;
}

const who = { tenantId: sql<string>`${tenants.id}`.as('tenant_id'), slug: tenants.slug };
/** How many there are in all, beside each that is named. */
const total = sql<number>`count(*) OVER ()`.as('total');
const ordinary = ne(tenants.id, SYSTEM_TENANT_ID);
const kept = and(ordinary, notInArray(tenants.status, ['deleting', 'deleted']));
const applied = sql<number>`coalesce(${agents.appliedVersion}, 0)`;

function ofAgents(db: Db, at: typeof agents.since | typeof agents.nextDueAt, where: SQL) {
  return db
    .select({ ...who, total, at: sql<number>`${at}`.as('at') })
    .from(agents)
    .innerJoin(tenants, eq(tenants.id, agents.tenantId))
    .where(and(kept, where))
    .orderBy(asc(at))
    .limit(MAX_ATTENTION_ENTRIES);
}

/** The statements behind `attentionOf`, for a batch, in its order. */
export function attentionQueries(db: Db, times: AttentionTimes) {
  const { before, month } = times;
  const since = sql<number>`${tenants.updatedAt}`.as('since');
  return [
    ofAgents(db, agents.since, eq(agents.state, 'failed')),
    ofAgents(db, agents.nextDueAt, lt(agents.nextDueAt, before)),
    db
      .select({ ...who, total, since, version: tenants.version, appliedVersion: applied.as('had') })
      .from(tenants)
      .leftJoin(agents, eq(agents.tenantId, tenants.id))
      .where(and(kept, lt(applied, tenants.version), lt(tenants.updatedAt, before)))
      .orderBy(asc(tenants.updatedAt))
      .limit(MAX_ATTENTION_ENTRIES),
    db
      // The newest of a tenant's: beside max() SQLite takes the other columns from that row.
      .select({
        ...who,
        total,
        kind: notices.kind,
        data: notices.data,
        at: max(notices.at).as('at'),
      })
      .from(notices)
      .innerJoin(tenants, eq(tenants.id, notices.tenantId))
      .where(and(kept, gte(notices.at, month), sql`${notices.data}->>'month' = ${month}`))
      .groupBy(notices.tenantId)
      .orderBy(sql`${notices.kind} = 'budget_100' DESC`, asc(max(notices.at)))
      .limit(MAX_ATTENTION_ENTRIES),
    db
      .select({ ...who, total, since })
      .from(tenants)
      .where(and(ordinary, eq(tenants.status, 'deleting'), lt(tenants.updatedAt, before)))
      .orderBy(asc(tenants.updatedAt))
      .limit(MAX_ATTENTION_ENTRIES),
  ] as const;
}

type Answered<Queries extends readonly unknown[]> = {
  -readonly [Index in keyof Queries]: Awaited<Queries[Index]>;
};
type Answers = Answered<ReturnType<typeof attentionQueries>>;

/** A list of rows with how many there are, each row as it is told. */
function listed<Row extends { total: number }, Entry>(
  rows: readonly Row[],
  entryOf: (row: Omit<Row, 'total'>) => Entry,
): { count: number; entries: Entry[] } {
  const entries = rows.map((found) => {
    const { total: _, ...row } = found;
    return entryOf(row);
  });
  return { count: rows[0]?.total ?? 0, entries };
}

/** What the statements of `attentionQueries` have found. */
export function attentionOf([failed, overdue, pending, budget, deleting]: Answers): Attention {
  return {
    failed: listed(failed, ({ at, ...row }) => ({ ...row, since: at })),
    overdue: listed(overdue, ({ at, ...row }) => ({ ...row, dueAt: at })),
    pending: listed(pending, (row) => row),
    budget: listed(budget, ({ data, at, ...row }) => ({
      ...row,
      at: at ?? 0,
      usedNano: data.usedNano,
      limitNano: data.limitNano,
    })),
    deleting: listed(deleting, (row) => row),
  };
}
