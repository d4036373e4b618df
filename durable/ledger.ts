import { and, asc, count, eq, gt, inArray, isNull, lt, lte, min, or, sql } from 'drizzle-orm';
import type { CallMetadata } from '../contract/ai-gateway.ts';
import type { TenantRecord } from '../contract/agent.ts';
import type { ErrorCode } from '../contract/errors.ts';
import { costNano, PRICE_VERSION, type TokenUsage } from '../contract/models.ts';
import { resolveRoute, type Policy, type Route } from '../contract/policy.ts';
import { TIER_CONFIG, type Tier, type Workload } from '../contract/tiers.ts';
import type { CallSource, Outcome, Settlement, UsageRow } from '../contract/usage.ts';
import { attempts, turns } from '../db/agent/schema.ts';
import { addRunUsage } from './schedule-runs.ts';
import { standingRefusal } from './standing.ts';
import type { AgentDb } from './storage.ts';

/** An attempt is cut after this, ms: longer than any answer, short enough to hold no money for long. */
export const MAX_ATTEMPT_MS = 10 * 60_000;
/** The sweep asks for an attempt that nobody settled this long after it must have been cut, ms. */
export const SWEEP_MARGIN_MS = 60_000;
/** Model calls of one turn: more is a tool loop that does not end. */
export const MAX_CALLS_PER_TURN = 60;
/** Failed calls of one turn after which OpenClaw's own repeats are ended by a final 400. */
export const MAX_FAILED_CALLS_PER_TURN = 2;
/** Flushed rows are kept this long, ms, so that a repeated admit or settle changes nothing. */
export const KEEP_FLUSHED_MS = 60 * 60_000;

export interface AdmitInput {
  /** Made by the caller of admit, so that the same admit twice is one intent. */
  callId: string;
  source: CallSource;
  workload: Workload;
  /** Size of the request, for the reservation. */
  requestBytes: number;
  /** The cap the client asked for, if any. */
  requestedMaxTokens: number | null;
  /** Generation of the sandbox that calls; null when none does. */
  generation: number | null;
  /** OpenClaw's own session id, which tells the turn. */
  openclawSession: string | null;
  /** Route as if the tenant were this: only the system's routing tests say so. */
  as?: { tier: Tier; platform: string };
}

export interface Attempt {
  id: string;
  callId: string;
  n: number;
  route: Route;
  model: string;
  maxOutputTokens: number;
  /** Whether another model may be asked when this one fails before its first byte. */
  hasFallback: boolean;
  metadata: CallMetadata;
}

export type Admission =
  | { ok: true; attempt: Attempt }
  | { ok: false; code: ErrorCode; message: string };

export interface SettleInput {
  attemptId: string;
  outcome: Outcome;
  status: number | null;
  /** Null when the answer's usage never came: the attempt is then looked up. */
  usage: TokenUsage | null;
  logId: string | null;
  firstByteMs: number | null;
  latencyMs: number;
  /** Whether the caller of the whole call got no answer. */
  callFailed: boolean;
}

export interface LedgerContext {
  db: AgentDb;
  record: TenantRecord;
  policy: Policy;
  /** The generation of the sandbox that is. */
  generation: number;
  now: number;
}

type Row = typeof attempts.$inferSelect;

const refuse = (code: ErrorCode, message: string): Admission => ({ ok: false, code, message });

/** The running turn that a call of the sandbox belongs to. */
function turnOf(db: AgentDb, openclawSession: string | null): typeof turns.$inferSelect | null {
  const running = db.select().from(turns).where(eq(turns.state, 'running')).all();
  const named = running.find((turn) => turn.openclawSession === openclawSession);
  return named ?? (running.length === 1 ? (running[0] ?? null) : null);
}

/** The cap that goes upstream: the client's own where it is smaller than the route's. */
function outputCap(route: Route, requested: number | null): number {
  return Math.min(requested ?? route.maxOutputTokens, route.maxOutputTokens);
}

function toAttempt(row: Row, route: Route, record: TenantRecord, cap: number | null): Attempt {
  return {
    id: row.id,
    callId: row.callId,
    n: row.attempt,
    route,
    model: row.model,
    maxOutputTokens: outputCap(route, cap),
    hasFallback: row.attempt === 1 && route.fallback !== null && route.fallback !== row.model,
    metadata: {
      tenant: record.id,
      platform: row.platform,
      tier: row.tier,
      workload: row.workload,
      call: row.id,
    },
  };
}

/** An estimate from above: two bytes a token, plus the whole output cap, at the model's price. */
function reservation(model: string, requestBytes: number, maxOutputTokens: number) {
  const tokensIn = Math.ceil(requestBytes / 2);
  return {
    reservedTokens: tokensIn + maxOutputTokens,
    reservedNano: costNano(model, { tokensIn, tokensOut: maxOutputTokens, tokensCached: 0 }),
  };
}

/** An open attempt counts until it must have been cut, or its generation is over. */
function isOpenNow({ generation, now }: Pick<LedgerContext, 'generation' | 'now'>) {
  return and(
    eq(attempts.state, 'open'),
    gt(attempts.createdAt, now - MAX_ATTEMPT_MS),
    or(isNull(attempts.generation), eq(attempts.generation, generation)),
  );
}

/**
 * Admits a call: limits checked, money reserved, intent stored and route resolved in one commit.
 * Admitting the same call again answers the same attempt.
 */
export function admit(ctx: LedgerContext, input: AdmitInput): Admission {
  const { db, record, policy, now } = ctx;
  const tier = input.as?.tier ?? record.tier;
  const platform = input.as?.platform ?? record.platform;
  const route = resolveRoute(policy, { tier, platform, workload: input.workload });
  if (!route) return refuse('not_configured', 'No routing rule covers this call.');

  const id = `${input.callId}.1`;
  const known = db.select().from(attempts).where(eq(attempts.id, id)).get();
  if (known) {
    return { ok: true, attempt: toAttempt(known, route, record, input.requestedMaxTokens) };
  }
  const refused = standingRefusal(record.status);
  if (refused) return refuse(refused.code, refused.message);
  const open = db.select({ n: count() }).from(attempts).where(isOpenNow(ctx)).get()?.n ?? 0;
  const limit = TIER_CONFIG[record.tier].maxConcurrentCalls;
  if (open >= limit) {
    return refuse('limit_reached', `At most ${limit} model calls may run at once. Try again soon.`);
  }
  const turn = input.source === 'sandbox' ? turnOf(db, input.openclawSession) : null;
  if (turn && turn.failedCalls >= MAX_FAILED_CALLS_PER_TURN) {
    return refuse('upstream_failed', 'The model failed repeatedly. Please send the message again.');
  }
  if (turn && turn.calls >= MAX_CALLS_PER_TURN) {
    return refuse('limit_reached', `A turn may make at most ${MAX_CALLS_PER_TURN} model calls.`);
  }
  if (turn) {
    db.update(turns)
      .set({ calls: turn.calls + 1 })
      .where(eq(turns.id, turn.id))
      .run();
  }
  const cap = outputCap(route, input.requestedMaxTokens);
  const row = db
    .insert(attempts)
    .values({
      id,
      callId: input.callId,
      attempt: 1,
      state: 'open',
      source: input.source,
      platform,
      tier,
      workload: input.workload,
      model: route.model,
      policyVersion: route.policyVersion,
      generation: input.generation,
      sessionId: turn?.sessionId ?? null,
      turnId: turn?.id ?? null,
      ...reservation(route.model, input.requestBytes, cap),
      lookupAt: now + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
      createdAt: now,
    })
    .returning()
    .get();
  return { ok: true, attempt: toAttempt(row, route, record, input.requestedMaxTokens) };
}

/**
 * Ends attempt n and stores the intent of attempt n + 1 on the fallback, in one commit. Repeating it
 * answers the same attempt.
 */
export function retry(
  ctx: LedgerContext,
  ended: SettleInput,
  input: { requestBytes: number; requestedMaxTokens: number | null },
): Admission {
  const { db, record, policy, now } = ctx;
  const before = db.select().from(attempts).where(eq(attempts.id, ended.attemptId)).get();
  if (!before) return refuse('internal', 'The attempt to end is not known.');
  settle(ctx, ended);
  const refused = standingRefusal(record.status);
  if (refused) return refuse(refused.code, refused.message);
  const route = resolveRoute(policy, {
    tier: before.tier as Tier,
    platform: before.platform,
    workload: before.workload as Workload,
  });
  if (!route?.fallback) return refuse('upstream_failed', 'The model did not answer.');
  const n = before.attempt + 1;
  const id = `${before.callId}.${n}`;
  const cap = outputCap(route, input.requestedMaxTokens);
  db.insert(attempts)
    .values({
      ...before,
      id,
      attempt: n,
      state: 'open',
      model: route.fallback,
      policyVersion: route.policyVersion,
      ...reservation(route.fallback, input.requestBytes, cap),
      ...NOTHING_YET,
      lookupAt: now + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
      createdAt: now,
    })
    .onConflictDoNothing()
    .run();
  const row = db.select().from(attempts).where(eq(attempts.id, id)).get();
  if (!row) return refuse('internal', 'The attempt was not stored.');
  return { ok: true, attempt: toAttempt(row, route, record, input.requestedMaxTokens) };
}

/** What an attempt that has just begun does not know. */
const NOTHING_YET = {
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  costNano: 0,
  latencyMs: 0,
  firstByteMs: null,
  status: null,
  outcome: null,
  settledBy: null,
  logId: null,
  lookups: 0,
  settledAt: null,
} as const;

/** Whether an attempt that ended without usage can have used anything worth looking up. */
function isKnownZero(input: SettleInput): boolean {
  return input.outcome === 'upstream_error' && input.status !== null;
}

/**
 * Settles an attempt: with usage it is final, without it goes to the look-up. The first settle wins,
 * a later one changes nothing. Answers how many calls of the turn have failed by now.
 */
export function settle(
  ctx: Pick<LedgerContext, 'db' | 'now'>,
  input: SettleInput,
): { failedCalls: number; settled: boolean } {
  const { db, now } = ctx;
  const row = db.select().from(attempts).where(eq(attempts.id, input.attemptId)).get();
  if (!row || row.state !== 'open') return { failedCalls: 0, settled: false };
  const seen = {
    outcome: input.outcome,
    status: input.status,
    logId: input.logId,
    firstByteMs: input.firstByteMs,
    latencyMs: input.latencyMs,
  };
  const usage = input.usage ?? (isKnownZero(input) ? NO_USAGE : null);
  if (usage) finish(db, row, { ...seen, usage, settledBy: 'exact', now });
  else {
    db.update(attempts)
      .set({ ...seen, state: 'unsettled', lookupAt: now + FIRST_LOOKUP_MS })
      .where(eq(attempts.id, row.id))
      .run();
  }
  return { failedCalls: input.callFailed ? countFailure(db, row.turnId) : 0, settled: true };
}

const NO_USAGE: TokenUsage = { tokensIn: 0, tokensOut: 0, tokensCached: 0 };
/** AI Gateway's log has an entry about a second after the call, ms. */
export const FIRST_LOOKUP_MS = 1_000;

function countFailure(db: AgentDb, turnId: string | null): number {
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

type Seen = Pick<Row, 'outcome' | 'status' | 'logId' | 'firstByteMs' | 'latencyMs'>;

/**
 * Makes an attempt final: it is in the outbox from here on and never changes again. An estimate
 * costs what was reserved, since what of it were output tokens, the dearer ones, is not known.
 */
export function finish(
  db: AgentDb,
  row: Row,
  end: Partial<Seen> & { usage: TokenUsage; settledBy: Settlement; now: number },
): void {
  const { usage, settledBy, now, ...seen } = end;
  const booked = db
    .update(attempts)
    .set({
      ...seen,
      ...usage,
      costNano: settledBy === 'estimated' ? row.reservedNano : costNano(row.model, usage),
      settledBy,
      settledAt: now,
      state: 'final',
      lookupAt: null,
    })
    .where(and(eq(attempts.id, row.id), inArray(attempts.state, ['open', 'unsettled'])))
    .returning()
    .get();
  if (booked?.turnId) addTurnUsage(db, booked.turnId, booked);
}

/** Adds what an attempt has used to its turn and, where a schedule made that, to the run. */
function addTurnUsage(
  db: AgentDb,
  turnId: string,
  used: Pick<Row, 'tokensIn' | 'tokensOut' | 'costNano'>,
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

/** Attempts whose usage must be looked up now; an intent that nobody settled counts as lost. */
export function takeLookups(db: AgentDb, now: number, limit: number): Row[] {
  db.update(attempts)
    .set({ state: 'unsettled', outcome: 'lost' })
    .where(and(eq(attempts.state, 'open'), lte(attempts.lookupAt, now)))
    .run();
  return db
    .select()
    .from(attempts)
    .where(and(eq(attempts.state, 'unsettled'), lte(attempts.lookupAt, now)))
    .orderBy(asc(attempts.lookupAt))
    .limit(limit)
    .all();
}

/** Lets look-ups that wait for their back-off happen now, for an operator's flush. */
export function hastenLookups(db: AgentDb, now: number): void {
  db.update(attempts).set({ lookupAt: now }).where(eq(attempts.state, 'unsettled')).run();
}

export function postponeLookup(db: AgentDb, id: string, at: number): void {
  db.update(attempts)
    .set({ lookupAt: at, lookups: sql`${attempts.lookups} + 1` })
    .where(eq(attempts.id, id))
    .run();
}

/** When the sweep is due next, or null when nothing waits for it. */
export function nextLookupAt(db: AgentDb): number | null {
  return (
    db
      .select({ at: min(attempts.lookupAt) })
      .from(attempts)
      .get()?.at ?? null
  );
}

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
  for (const id of ids) {
    db.update(attempts)
      .set({ state: 'flushed' })
      .where(and(eq(attempts.id, id), eq(attempts.state, 'final')))
      .run();
  }
  db.delete(attempts)
    .where(
      and(
        eq(attempts.state, 'flushed'),
        or(isNull(attempts.settledAt), lt(attempts.settledAt, now - KEEP_FLUSHED_MS)),
      ),
    )
    .run();
}

export function countByState(db: AgentDb): Record<Row['state'], number> {
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
function toUsageRow(row: Row, tenantId: string): UsageRow {
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
    price_version: PRICE_VERSION,
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
