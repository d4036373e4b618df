import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { ErrorCode } from '../contract/errors.ts';
import type { Limits } from '../contract/limits.ts';
import { costNano, estimatePromptTokens, findModel } from '../contract/models.ts';
import { resolveRoute, type Policy, type Route } from '../contract/policy.ts';
import { limitsOf, type Tier, type Workload } from '../contract/tiers.ts';
import { attempts, turns } from '../db/agent/schema.ts';
import { attemptsOf, noteCall } from './call-news.ts';
import { writeCell } from './cells.ts';
import {
  MAX_ATTEMPT_MS,
  MAX_CALLS_PER_TURN,
  MAX_FAILED_CALLS_PER_TURN,
  noteIntent,
  rowById,
  SWEEP_MARGIN_MS,
  type Admission,
  type AdmissionRefusal,
  type AdmitInput,
  type Attempt,
  type AttemptRow,
  type LedgerContext,
  type RequestSize,
  type RetryInput,
  type SettleInput,
} from './ledger.ts';
import { readMeters } from './meter-reading.ts';
import {
  callRefusal,
  countCall,
  hold,
  spendRefusal,
  type Amount,
  type LimitRefusal,
  type Meters,
} from './meters.ts';
import { prepared } from './prepared.ts';
import { countFailure, settle, storeRefusal } from './settle.ts';
import { standingRefusal } from './standing.ts';
import type { AgentDb } from './storage.ts';
import type { Turn } from './turns.ts';

function refuse(code: ErrorCode, message: string): AdmissionRefusal {
  return { ok: false, code, message, retryAfterMs: null, failedCalls: 0 };
}
const refuseBy = (limit: LimitRefusal): AdmissionRefusal => ({
  ok: false,
  failedCalls: 0,
  ...limit,
});

const { placeholder } = sql;

/** Attempts under way. One stops counting when it must have been cut, or its generation is over. */
const openCount = prepared((db) =>
  db
    .select({ n: sql<number>`count(*)` })
    .from(attempts)
    .where(
      and(
        eq(attempts.state, 'open'),
        gt(attempts.createdAt, placeholder('since')),
        or(isNull(attempts.generation), eq(attempts.generation, placeholder('generation'))),
      ),
    )
    .prepare(),
);

/** How many attempts are under way: counted only where the limit may be reached. */
function openAttempts(ctx: LedgerContext, { held }: Meters, limits: Limits): number {
  if (held !== null && held < limits.maxConcurrentCalls) return held;
  const since = ctx.now - MAX_ATTEMPT_MS;
  return openCount(ctx.db).get({ since, generation: ctx.generation })?.n ?? 0;
}
const insertIntent = prepared((db) =>
  db
    .insert(attempts)
    .values({
      id: placeholder('id'),
      callId: placeholder('callId'),
      attempt: placeholder('attempt'),
      state: 'open',
      source: placeholder('source'),
      platform: placeholder('platform'),
      tier: placeholder('tier'),
      workload: placeholder('workload'),
      model: placeholder('model'),
      policyVersion: placeholder('policyVersion'),
      generation: placeholder('generation'),
      sessionId: placeholder('sessionId'),
      turnId: placeholder('turnId'),
      reservedTokens: placeholder('reservedTokens'),
      reservedNano: placeholder('reservedNano'),
      lookupAt: placeholder('lookupAt'),
      createdAt: placeholder('createdAt'),
    })
    .onConflictDoNothing()
    .returning({ id: attempts.id })
    .prepare(),
);

/** The running turn that a call of the sandbox belongs to. */
function turnOf(db: AgentDb, openclawSession: string | null): Turn | null {
  const running = db.select().from(turns).where(eq(turns.state, 'running')).all();
  const named = running.find((turn) => turn.openclawSession === openclawSession);
  return named ?? (running.length === 1 ? (running[0] ?? null) : null);
}

/** The cap that goes upstream: the client's own where it is smaller than the route's. */
function outputCap(route: Route, requested: number | null): number {
  return Math.min(requested ?? route.maxOutputTokens, route.maxOutputTokens);
}

type Routed = Pick<
  AttemptRow,
  'id' | 'callId' | 'attempt' | 'model' | 'platform' | 'tier' | 'workload'
>;

function toAttempt(
  intent: Routed,
  { route, tenantId, cap }: { route: Route; tenantId: string; cap: number | null },
): Attempt {
  return {
    id: intent.id,
    callId: intent.callId,
    n: intent.attempt,
    model: intent.model,
    policyVersion: route.policyVersion,
    firstByteTimeoutMs: route.firstByteTimeoutMs,
    maxOutputTokens: outputCap(route, cap),
    hasFallback: intent.attempt === 1 && route.fallback !== null && route.fallback !== intent.model,
    metadata: {
      tenant: tenantId,
      platform: intent.platform,
      tier: intent.tier,
      workload: intent.workload,
      call: intent.id,
    },
  };
}

/** An estimate from above: two bytes a token, plus the whole output cap, at the model's price. */
function reservation(model: string, { requestBytes }: RequestSize, cap: number): Amount {
  const tokensIn = Math.ceil(requestBytes / 2);
  return {
    tokens: tokensIn + cap,
    nano: costNano(model, { tokensIn, tokensOut: cap, tokensCached: 0 }),
  };
}

const ROUTE_REFUSALS = {
  no_rule: 'not_configured',
  too_long: 'prompt_too_long',
  model_not_allowed: 'model_not_found',
} as const;

/** What ends a turn's calls: OpenClaw's own repeats, and tool loops, have no end of their own. */
function turnCallsRefusal({
  failedCalls,
  calls,
}: Pick<Turn, 'failedCalls' | 'calls'>): AdmissionRefusal | null {
  if (failedCalls >= MAX_FAILED_CALLS_PER_TURN) {
    return refuse('upstream_failed', 'The model failed repeatedly. Please send the message again.');
  }
  if (calls >= MAX_CALLS_PER_TURN) {
    return refuse('limit_reached', `A turn may make at most ${MAX_CALLS_PER_TURN} model calls.`);
  }
  return null;
}

/** Admits a call of a turn, or notes on the turn why it is refused: its end will say so. */
export function admit(ctx: LedgerContext, input: AdmitInput): Admission {
  const turn = input.source === 'sandbox' ? turnOf(ctx.db, input.openclawSession) : null;
  const admission = admitCall(ctx, input, turn);
  if (turn) noteRefusal(ctx.db, turn, admission);
  return admission;
}

function noteRefusal(db: AgentDb, turn: Turn, admission: Admission): void {
  if (!admission.ok) storeRefusal(db, turn.id, admission);
  else if (turn.refusal !== null) storeRefusal(db, turn.id, null);
}

/**
 * Admits a call: limits checked, money reserved, intent stored and route resolved in one commit.
 * Admitting the same call again answers the same attempt.
 */
function admitCall(ctx: LedgerContext, input: AdmitInput, turn: Turn | null): Admission {
  const { db, record, policy, now } = ctx;
  const { callId, source, workload, generation, requestedMaxTokens } = input;
  const { tier, platform } = input.as ?? record;
  const promptTokens = estimatePromptTokens(input.requestBytes);
  const resolved = resolveRoute(policy, {
    tier,
    platform,
    workload,
    promptTokens,
    ...(input.model === null ? {} : { model: input.model }),
  });
  if (!resolved.ok) return refuse(ROUTE_REFUSALS[resolved.reason], resolved.message);
  const { route } = resolved;
  const id = `${callId}.1`;
  const named = { route, tenantId: record.id, cap: requestedMaxTokens };
  const knownAttempt = (): Admission | null => {
    const row = rowById(db).get({ id });
    return row ? { ok: true, attempt: toAttempt(row, named) } : null;
  };

  const standing = standingRefusal(record.status);
  if (standing) return knownAttempt() ?? refuse(standing.code, standing.message);
  const meter = readMeters(db, now);
  const limits = limitsOf(record);
  const limit = callRefusal(meter, { limits, open: openAttempts(ctx, meter, limits), now });
  if (limit) return knownAttempt() ?? refuseBy(limit);
  const bound = turn && turnCallsRefusal(turn);
  if (bound) return knownAttempt() ?? bound;

  const reserved = reservation(route.model, input, outputCap(route, requestedMaxTokens));
  const intent = { id, callId, attempt: 1, platform, tier, workload, model: route.model };
  const row = {
    ...intent,
    source,
    policyVersion: route.policyVersion,
    generation,
    sessionId: turn?.sessionId ?? null,
    turnId: turn?.id ?? null,
    reservedTokens: reserved.tokens,
    reservedNano: reserved.nano,
    lookupAt: now + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
    // A clock that was set back moves no attempt out of the window that holds its reservation.
    createdAt: Math.max(now, meter.minute.start),
  };
  if (!insertIntent(db).get(row))
    return knownAttempt() ?? refuse('internal', 'The attempt was not stored.');
  noteIntent(db, row);
  writeCell(db, 'meters', hold(countCall(meter), reserved));
  if (turn) {
    const calls = turn.calls + 1;
    db.update(turns).set({ calls }).where(eq(turns.id, turn.id)).run();
  }
  return { ok: true, attempt: toAttempt(intent, named) };
}

/** The model of the next attempt, or why there is none. */
function nextModel(
  policy: Policy,
  before: AttemptRow,
  input: RetryInput,
): { route: Route; model: string } | AdmissionRefusal {
  const request = {
    tier: before.tier as Tier,
    platform: before.platform,
    workload: before.workload as Workload,
    promptTokens: estimatePromptTokens(input.requestBytes),
  };
  const window = findModel(before.model)?.contextWindow ?? 0;
  const resolved = resolveRoute(
    policy,
    input.tooLong ? { ...request, largerThan: window } : request,
  );
  if (!resolved.ok) return refuse(ROUTE_REFUSALS[resolved.reason], resolved.message);
  const { route } = resolved;
  const model = input.tooLong ? route.model : route.fallback;
  if (model === null || model === before.model) {
    return refuse('upstream_failed', 'The model did not answer. Please try again.');
  }
  return { route, model };
}

/**
 * Ends attempt n and stores the intent of attempt n + 1 on another model, in one commit. Repeating it
 * answers the same attempt. Refused, the call has failed, and counts as that.
 */
export function retry(ctx: LedgerContext, ended: SettleInput, input: RetryInput): Admission {
  const { db, record, policy, now } = ctx;
  const before = rowById(db).get({ id: ended.attemptId });
  if (!before) return refuse('internal', 'The attempt to end is not known.');
  const giveUp = (refusal: AdmissionRefusal): AdmissionRefusal => {
    const { failedCalls } = settle(ctx, { ...ended, callFailed: true });
    storeRefusal(db, before.turnId, refusal);
    return { ...refusal, failedCalls };
  };
  const next = nextModel(policy, before, input);
  if (!('route' in next)) return giveUp(next);
  const { route, model } = next;
  const attempt = before.attempt + 1;
  const intent = { ...before, id: `${before.callId}.${attempt}`, attempt, model };
  const admitted: Admission = {
    ok: true,
    attempt: toAttempt(intent, { route, tenantId: record.id, cap: input.requestedMaxTokens }),
  };
  if (rowById(db).get({ id: intent.id })) return admitted;
  const standing = standingRefusal(record.status);
  if (standing) return giveUp(refuse(standing.code, standing.message));

  const { state } = settle(ctx, ended, { goesOn: true });
  const meter = readMeters(db, now);
  const limit = spendRefusal(meter, { limits: limitsOf(record), now });
  if (limit) {
    const failedCalls = state === 'before' ? 0 : countFailure(db, before.turnId);
    if (state === 'final') noteCall(db, attemptsOf(db, before.callId), now);
    storeRefusal(db, before.turnId, limit);
    return { ...refuseBy(limit), failedCalls };
  }
  const reserved = reservation(model, input, outputCap(route, input.requestedMaxTokens));
  const row = {
    ...intent,
    policyVersion: route.policyVersion,
    reservedTokens: reserved.tokens,
    reservedNano: reserved.nano,
    lookupAt: now + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
    createdAt: Math.max(now, meter.minute.start),
  };
  insertIntent(db).get(row);
  noteIntent(db, row);
  writeCell(db, 'meters', hold(meter, reserved));
  return admitted;
}
