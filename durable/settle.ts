import { and, eq, inArray, sql } from 'drizzle-orm';
import { costNano, PRICE_VERSION, type TokenUsage } from '../contract/models.ts';
import type { Settlement } from '../contract/usage.ts';
import { attempts, turns } from '../db/agent/schema.ts';
import { attemptsOf, noteCall } from './call-news.ts';
import { writeCell } from './cells.ts';
import {
  type AdmissionRefusal,
  FIRST_LOOKUP_MS,
  takeIntent,
  type AttemptRow,
  type Intent,
  type LedgerContext,
  type SettleInput,
} from './ledger.ts';
import { readMeters } from './meter-reading.ts';
import { release } from './meters.ts';
import { prepared } from './prepared.ts';
import { addRunUsage } from './schedule-runs.ts';
import type { AgentDb } from './storage.ts';

const { placeholder } = sql;

/** Whether upstream refused an attempt: then it has used nothing, and there is nothing to look up. */
function isKnownZero(input: SettleInput): boolean {
  return input.outcome === 'upstream_error' && input.status !== null;
}

const NO_USAGE: TokenUsage = { tokensIn: 0, tokensOut: 0, tokensCached: 0 };

/**
 * Settles an attempt: with usage it is final, without it goes to the look-up. The first settle wins,
 * a later one changes nothing. Answers what it is now (`before`: it was settled already), the turn it
 * belongs to, and how many calls of that have failed by now. `goesOn` is for one that the call's next
 * attempt may follow.
 */
export function settle(
  ctx: Pick<LedgerContext, 'db' | 'now'>,
  input: SettleInput,
  { goesOn = false }: { goesOn?: boolean } = {},
): { failedCalls: number; state: 'final' | 'unsettled' | 'before'; turnId: string | null } {
  const { db, now } = ctx;
  const intent = takeIntent(db, input.attemptId);
  if (!intent) return { failedCalls: 0, state: 'before', turnId: null };
  const { outcome, status, logId, firstByteMs, latencyMs } = input;
  const seen = { outcome, status, logId, firstByteMs, latencyMs };
  const usage = input.usage ?? (isKnownZero(input) ? NO_USAGE : null);
  const isEnded = usage
    ? finish(db, intent, { ...seen, usage, settledBy: 'exact', goesOn, now })
    : toLookUp(db, intent, { ...seen, lookupAt: now + FIRST_LOOKUP_MS });
  if (!isEnded) return { failedCalls: 0, state: 'before', turnId: null };
  const failedCalls = input.callFailed ? countFailure(db, intent.turnId) : 0;
  if (input.failure) storeRefusal(db, intent.turnId, input.failure);
  return { failedCalls, state: usage ? 'final' : 'unsettled', turnId: intent.turnId };
}

/** An end without usage: the sweep asks the log for it. False when the attempt was not open. */
function toLookUp(db: AgentDb, { id }: Intent, seen: Seen & { lookupAt: number }): boolean {
  const isOpen = and(eq(attempts.id, id), eq(attempts.state, 'open'));
  const set = { ...seen, state: 'unsettled' as const };
  return (
    db.update(attempts).set(set).where(isOpen).returning({ id: attempts.id }).get() !== undefined
  );
}

/** Notes on a turn why its newest call had no answer; null once another call is admitted. */
export function storeRefusal(
  db: AgentDb,
  turnId: string | null,
  refused: Pick<AdmissionRefusal, 'code' | 'message'> | null,
): void {
  if (turnId === null) return;
  const refusal = refused && { code: refused.code, message: refused.message };
  db.update(turns).set({ refusal }).where(eq(turns.id, turnId)).run();
}

/** One failed call more of a turn; answers how many there are. */
export function countFailure(db: AgentDb, turnId: string | null): number {
  if (turnId === null) return 0;
  return (
    db
      .update(turns)
      .set({ failedCalls: sql`${turns.failedCalls} + 1` })
      .where(eq(turns.id, turnId))
      .returning({ n: turns.failedCalls })
      .get()?.n ?? 0
  );
}

/** What was seen of an attempt's end. */
type Seen = Pick<AttemptRow, 'outcome' | 'status' | 'logId' | 'firstByteMs' | 'latencyMs'>;

const finishRow = prepared((db) =>
  db
    .update(attempts)
    .set({
      outcome: sql`${placeholder('outcome')}`,
      status: sql`${placeholder('status')}`,
      logId: sql`${placeholder('logId')}`,
      firstByteMs: sql`${placeholder('firstByteMs')}`,
      latencyMs: sql`${placeholder('latencyMs')}`,
      tokensIn: sql`${placeholder('tokensIn')}`,
      tokensOut: sql`${placeholder('tokensOut')}`,
      tokensCached: sql`${placeholder('tokensCached')}`,
      costNano: sql`${placeholder('costNano')}`,
      settledBy: sql`${placeholder('settledBy')}`,
      settledAt: sql`${placeholder('settledAt')}`,
      priceVersion: PRICE_VERSION,
      state: 'final',
      lookupAt: null,
    })
    .where(and(eq(attempts.id, placeholder('id')), inArray(attempts.state, ['open', 'unsettled'])))
    .returning({ id: attempts.id })
    .prepare(),
);

/**
 * Makes an attempt final: it is in the outbox from here on and never changes again, and what it used
 * takes the place of what was held for it. An estimate costs what was reserved, since what of it were
 * output tokens, the dearer ones, is not known. A call that is over with it is in the timeline, unless
 * it `goesOn` with another attempt. False when it was final already.
 */
export function finish(
  db: AgentDb,
  row: Intent,
  end: Seen & { usage: TokenUsage; settledBy: Settlement; goesOn?: boolean; now: number },
): boolean {
  const { usage, settledBy, now, outcome, status, logId, firstByteMs, latencyMs } = end;
  const costs = settledBy === 'estimated' ? row.reservedNano : costNano(row.model, usage);
  // Before the row is final: where there are no meters yet they are made of the rows.
  const before = readMeters(db, now);
  const booked = finishRow(db).get({
    id: row.id,
    outcome,
    status,
    logId,
    firstByteMs,
    latencyMs,
    ...usage,
    costNano: costs,
    settledBy,
    settledAt: now,
  });
  if (!booked) return false;
  const released = {
    reserved: { tokens: row.reservedTokens, nano: row.reservedNano },
    used: { tokens: usage.tokensIn + usage.tokensOut, nano: costs },
    at: row.createdAt,
  };
  writeCell(db, 'meters', release(before, released));
  if (row.turnId) addTurnUsage(db, row.turnId, { ...usage, costNano: costs });
  if (end.goesOn) return true;
  // Most calls are one attempt: nothing has to be read again to tell of them.
  const isAlone = row.attempt === 1 && settledBy === 'exact';
  const ended = { ...row, outcome, latencyMs, settledBy, costNano: costs, state: 'final' } as const;
  noteCall(db, isAlone ? [ended] : attemptsOf(db, row.callId), now);
  return true;
}

/** Adds what an attempt has used to its turn and, where a schedule made that, to the run. */
function addTurnUsage(
  db: AgentDb,
  turnId: string,
  used: Pick<AttemptRow, 'tokensIn' | 'tokensOut' | 'costNano'>,
): void {
  db.update(turns)
    .set({
      tokensIn: sql`${turns.tokensIn} + ${used.tokensIn}`,
      tokensOut: sql`${turns.tokensOut} + ${used.tokensOut}`,
      costNano: sql`${turns.costNano} + ${used.costNano}`,
    })
    .where(eq(turns.id, turnId))
    .run();
  addRunUsage(db, turnId, used);
}
