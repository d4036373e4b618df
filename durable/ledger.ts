import { eq, sql } from 'drizzle-orm';
import type { CallMetadata } from '../contract/ai-gateway.ts';
import type { TenantRecord } from '../contract/agent.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { TokenUsage } from '../contract/models.ts';
import type { Policy } from '../contract/policy.ts';
import type { Tier, Workload } from '../contract/tiers.ts';
import type { CallSource, Outcome } from '../contract/usage.ts';
import { attempts } from '../db/agent/schema.ts';
import { prepared } from './prepared.ts';
import type { AgentDb } from './storage.ts';
import { storageMemory } from './storage-memory.ts';

/** An attempt is cut after this, ms: longer than any answer, short enough to hold no money for long. */
export const MAX_ATTEMPT_MS = 10 * 60_000;
/** The sweep asks for an attempt that nobody settled this long after it must have been cut, ms. */
export const SWEEP_MARGIN_MS = 60_000;
/** Model calls of one turn: more is a tool loop that does not end. */
export const MAX_CALLS_PER_TURN = 60;
/** Failed calls of one turn after which OpenClaw's own repeats are ended by a final 400. */
export const MAX_FAILED_CALLS_PER_TURN = 2;
/** AI Gateway's log has an entry about a second after the call, ms. */
export const FIRST_LOOKUP_MS = 1_000;

/** What of a request decides its route and what it reserves. */
export interface RequestSize {
  requestBytes: number;
  /** The cap the client asked for, if any. */
  requestedMaxTokens: number | null;
}

export interface AdmitInput extends RequestSize {
  /** Made by the caller of admit, so that the same admit twice is one intent. */
  callId: string;
  source: CallSource;
  workload: Workload;
  /** A model that the client names in place of its workload's. */
  model: string | null;
  /** Generation of the sandbox that calls; null when none does. */
  generation: number | null;
  /** OpenClaw's own session id, which tells the turn. */
  openclawSession: string | null;
  /** Route as if the tenant were this: only the system's routing tests say so. */
  as?: { tier: Tier; platform: string };
}

export interface RetryInput extends RequestSize {
  /** The model that was asked says that it can't hold the prompt. */
  tooLong: boolean;
}

export interface Attempt {
  id: string;
  callId: string;
  n: number;
  model: string;
  policyVersion: number;
  firstByteTimeoutMs: number;
  maxOutputTokens: number;
  /** Whether another model may be asked when this one fails before its first byte. */
  hasFallback: boolean;
  metadata: CallMetadata;
}

export interface AdmissionRefusal {
  ok: false;
  code: ErrorCode;
  /** A plain sentence: OpenClaw shows it to the member as it is. */
  message: string;
  /** When the same may be tried again, ms from now; null when time alone does not help. */
  retryAfterMs: number | null;
  /** Failed calls of the turn by now. */
  failedCalls: number;
}
export type Admission = { ok: true; attempt: Attempt } | AdmissionRefusal;

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
  /** What the caller was told then. */
  failure?: Pick<AdmissionRefusal, 'code' | 'message'>;
}

export interface LedgerContext {
  db: AgentDb;
  record: TenantRecord;
  policy: Policy;
  /** The generation of the sandbox that is. */
  generation: number;
  now: number;
}

export type AttemptRow = typeof attempts.$inferSelect;

/** What of an intent its end needs; none of it ever changes. */
export type Intent = Pick<
  AttemptRow,
  | 'id'
  | 'callId'
  | 'attempt'
  | 'turnId'
  | 'workload'
  | 'model'
  | 'reservedTokens'
  | 'reservedNano'
  | 'createdAt'
>;

/**
 * Intents that nobody has settled yet, so that an end need not read its row first. Whether a row is
 * still open is only its own to say: each statement that ends an attempt asks for its state.
 */
const intents = storageMemory<string, Intent>();

/** An intent was stored. */
export function noteIntent(db: AgentDb, intent: Intent): void {
  intents.of(db).set(intent.id, intent);
}

/** The intent of an attempt that was open, and that the caller ends now. */
export function takeIntent(db: AgentDb, id: string): Intent | undefined {
  const known = intents.of(db);
  const intent = known.get(id);
  if (intent) {
    known.delete(id);
    return intent;
  }
  const row = rowById(db).get({ id });
  return row?.state === 'open' ? row : undefined;
}

/** Forgets what is known: rows have changed by other hands than those of admit, retry and settle. */
export function forgetIntents(db: AgentDb): void {
  intents.forget(db);
}

/** An attempt by its id. */
export const rowById = prepared((db) =>
  db
    .select()
    .from(attempts)
    .where(eq(attempts.id, sql.placeholder('id')))
    .prepare(),
);
