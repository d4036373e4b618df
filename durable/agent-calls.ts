import { desc, inArray, max } from 'drizzle-orm';
import {
  attemptState,
  type AgentCalls,
  type AgentCallsQuery,
  type AttemptView,
  type CallView,
} from '../contract/agent-calls.ts';
import { attempts } from '../db/agent/schema.ts';
import { attemptsOf } from './call-news.ts';
import type { AttemptRow } from './ledger.ts';
import type { AgentDb } from './storage.ts';

/** What of a row is not for others, or stands at its call. */
function attemptOf(row: AttemptRow): AttemptView {
  const { id, attempt, state, model, policyVersion, outcome, settledBy, status, logId } = row;
  const { firstByteMs, latencyMs, tokensIn, tokensOut, tokensCached, costNano } = row;
  const { reservedNano, lookupAt, lookups, createdAt, settledAt } = row;
  return {
    id,
    attempt,
    state,
    model,
    policyVersion,
    outcome,
    settledBy,
    status,
    logId,
    firstByteMs,
    latencyMs,
    tokensIn,
    tokensOut,
    tokensCached,
    costNano,
    reservedNano,
    lookupAt,
    lookups,
    createdAt,
    settledAt,
  };
}

/** A call out of its rows, which are in order; null for none. */
function callOf(rows: readonly AttemptRow[]): CallView | null {
  const [first] = rows;
  if (!first) return null;
  const { callId: id, source, platform, tier, workload, sessionId, turnId, createdAt } = first;
  const known = new Set(rows.map(({ state }) => state));
  // The options are in the order in which an attempt goes through them.
  const state = attemptState.options.find((one) => known.has(one)) ?? 'open';
  const call = { id, state, source, platform, tier, workload, sessionId, turnId, createdAt };
  return { ...call, attempts: rows.map(attemptOf) };
}

/** Calls of which an attempt is not booked yet, the newest first. */
function unbookedIds(db: AgentDb, limit: number): string[] {
  return db
    .select({ id: attempts.callId })
    .from(attempts)
    .where(inArray(attempts.state, ['open', 'unsettled', 'final']))
    .groupBy(attempts.callId)
    .orderBy(desc(max(attempts.createdAt)), desc(attempts.callId))
    .limit(limit)
    .all()
    .map(({ id }) => id);
}

/** Calls as the ledger has them, with all attempts it remembers: one by its id, or what is not booked. */
export function readCalls(db: AgentDb, { call, limit }: AgentCallsQuery): AgentCalls {
  const ids = call === undefined ? unbookedIds(db, limit + 1) : [call];
  const calls = ids.slice(0, limit).flatMap((id) => callOf(attemptsOf(db, id)) ?? []);
  return { calls, more: ids.length > limit };
}
