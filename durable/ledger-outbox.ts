import { and, asc, count, eq, isNull, lt, or, sql } from 'drizzle-orm';
import { PRICE_VERSION } from '../contract/models.ts';
import type { UsageRow } from '../contract/usage.ts';
import { attempts } from '../db/agent/schema.ts';
import { MAX_ATTEMPT_MS, type AttemptRow } from './ledger.ts';
import type { AgentDb } from './storage.ts';

/**
 * Flushed rows are kept this long, ms, so that a repeated admit or settle changes nothing: longer than
 * any caller of either lives.
 */
export const KEEP_FLUSHED_MS = MAX_ATTEMPT_MS + 5 * 60_000;

/** The outbox: final rows that are not in D1 yet, oldest first. */
export function readOutbox(db: AgentDb, tenantId: string, limit: number): UsageRow[] {
  return db
    .select()
    .from(attempts)
    .where(eq(attempts.state, 'final'))
    .orderBy(asc(attempts.createdAt))
    .limit(limit)
    .all()
    .map((row) => toUsageRow(row, tenantId));
}

/** Marks rows as being in D1, and forgets those that have been there long enough. */
export function markFlushed(db: AgentDb, ids: readonly string[], now: number): void {
  const named = sql`${attempts.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  db.update(attempts)
    .set({ state: 'flushed' })
    .where(and(named, eq(attempts.state, 'final')))
    .run();
  db.delete(attempts)
    .where(
      and(
        eq(attempts.state, 'flushed'),
        lt(attempts.createdAt, now - KEEP_FLUSHED_MS),
        or(isNull(attempts.settledAt), lt(attempts.settledAt, now - KEEP_FLUSHED_MS)),
      ),
    )
    .run();
}

export function countByState(db: AgentDb): Record<AttemptRow['state'], number> {
  const counts = { open: 0, unsettled: 0, final: 0, flushed: 0 };
  const rows = db
    .select({ state: attempts.state, n: count() })
    .from(attempts)
    .groupBy(attempts.state)
    .all();
  for (const { state, n } of rows) counts[state] = n;
  return counts;
}

/** A final attempt as its row in D1. */
function toUsageRow(row: AttemptRow, tenantId: string): UsageRow {
  return {
    id: row.id,
    tenant_id: tenantId,
    call_id: row.callId,
    attempt: row.attempt,
    source: row.source,
    platform: row.platform,
    tier: row.tier,
    workload: row.workload,
    model: row.model,
    policy_version: row.policyVersion,
    tokens_in: row.tokensIn,
    tokens_out: row.tokensOut,
    tokens_cached: row.tokensCached,
    cost_nano: row.costNano,
    price_version: row.priceVersion ?? PRICE_VERSION,
    latency_ms: row.latencyMs,
    first_byte_ms: row.firstByteMs,
    status: row.status,
    outcome: row.outcome ?? 'lost',
    settled_by: row.settledBy ?? 'estimated',
    log_id: row.logId,
    session_id: row.sessionId,
    turn_id: row.turnId,
    created_at: row.createdAt,
    settled_at: row.settledAt ?? row.createdAt,
  };
}
