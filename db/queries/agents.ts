import { and, asc, eq, isNotNull, isNull, lt, notInArray, or, sql } from 'drizzle-orm';
import type { WakeResult } from '../../contract/wakes.ts';
import { agents, tenants } from '../schema.ts';
import type { Db } from './open.ts';
import { insertWakes } from './wakes.ts';

export type AgentRow = typeof agents.$inferSelect;

/**
 * Writes what an agent says about itself, and what became of its last generations, in one commit. News
 * that arrives late or twice changes nothing, and the applied version never goes back.
 */
export async function upsertAgentRow(
  db: Db,
  row: AgentRow,
  results: readonly WakeResult[] = [],
): Promise<void> {
  const written = upsertRow(db, row);
  if (results.length === 0) await written;
  else await db.batch([written, insertWakes(db, row.tenantId, results)]);
}

function upsertRow(db: Db, row: AgentRow) {
  return db
    .insert(agents)
    .values(row)
    .onConflictDoUpdate({
      target: agents.tenantId,
      set: {
        state: sql`excluded.state`,
        since: sql`excluded.since`,
        generation: sql`excluded.generation`,
        nextDueAt: sql`excluded.next_due_at`,
        appliedVersion: sql`max(${agents.appliedVersion}, excluded.applied_version)`,
        updatedAt: sql`excluded.updated_at`,
      },
      setWhere: sql`excluded.updated_at >= ${agents.updatedAt}`,
    });
}

/** The row that stands for an agent that has not spoken yet. */
export function newAgentRow(tenantId: string, now: number): AgentRow {
  return {
    tenantId,
    state: 'asleep',
    since: now,
    generation: 0,
    nextDueAt: null,
    appliedVersion: 0,
    // Older than anything the agent says itself.
    updatedAt: 0,
  };
}

/** Records that an agent has a version of its record, also for one that never wrote a row. */
export async function markApplied(
  db: Db,
  applied: { tenantId: string; version: number; now: number },
): Promise<void> {
  const { tenantId, version, now } = applied;
  await db
    .insert(agents)
    .values({ ...newAgentRow(tenantId, now), appliedVersion: version })
    .onConflictDoUpdate({
      target: agents.tenantId,
      set: { appliedVersion: sql`max(${agents.appliedVersion}, excluded.applied_version)` },
    });
}

/** What cron chooses from: an agent, its tenant's version and its next due time. */
export interface SweepRow {
  tenantId: string;
  version: number;
  appliedVersion: number;
  nextDueAt: number | null;
}

/**
 * Agents that lack their tenant's newest record or are due before `dueBefore`, most overdue first.
 * Those of tenants under deletion are listed apart.
 */
export async function listSweepRows(
  db: Db,
  query: { dueBefore: number; limit: number },
): Promise<SweepRow[]> {
  return db
    .select({
      tenantId: tenants.id,
      version: tenants.version,
      appliedVersion: sql<number>`coalesce(${agents.appliedVersion}, 0)`,
      nextDueAt: agents.nextDueAt,
    })
    .from(tenants)
    .leftJoin(agents, eq(agents.tenantId, tenants.id))
    .where(
      and(
        notInArray(tenants.status, ['deleting', 'deleted']),
        or(
          isNull(agents.tenantId),
          lt(agents.appliedVersion, tenants.version),
          lt(agents.nextDueAt, query.dueBefore),
        ),
      ),
    )
    .orderBy(asc(sql`coalesce(${agents.nextDueAt}, 0)`), asc(tenants.id))
    .limit(query.limit);
}

/** Tenants whose deletion is not complete: under way, or with an agent that has not been told. */
export async function listDeletions(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: tenants.id })
    .from(tenants)
    .leftJoin(agents, eq(agents.tenantId, tenants.id))
    .where(
      or(
        eq(tenants.status, 'deleting'),
        and(eq(tenants.status, 'deleted'), isNotNull(agents.tenantId)),
      ),
    )
    .orderBy(asc(tenants.updatedAt), asc(tenants.id))
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Forgets an agent that is no more: the last step of a deletion. */
export async function deleteAgentRow(db: Db, tenantId: string): Promise<void> {
  await db.delete(agents).where(eq(agents.tenantId, tenantId));
}
