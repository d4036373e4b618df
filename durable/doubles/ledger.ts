import { eq } from 'drizzle-orm';
import type { Policy } from '../../contract/policy.ts';
import { attempts } from '../../db/agent/schema.ts';
import { admit } from '../admit.ts';
import type { AdmitInput, Attempt, AttemptRow, LedgerContext, SettleInput } from '../ledger.ts';
import { readMeters } from '../meter-reading.ts';
import type { Meters } from '../meters.ts';
import { createSession } from '../sessions.ts';
import type { AgentDb } from '../storage.ts';
import { markRunning, noteOpenClawSession, queueTurn } from '../turns.ts';
import { makeRecord, NOW } from './fresh-agent.ts';

export const PRIMARY = '@cf/zai-org/glm-4.7-flash';
export const FALLBACK = '@cf/openai/gpt-oss-120b';
/** One rule for everything, with a fallback. */
export const POLICY: Policy = {
  version: 3,
  rules: [
    { model: PRIMARY, fallback: FALLBACK, firstByteTimeoutMs: 20_000, maxOutputTokens: 1_000 },
  ],
};

/** The ledger of a tenant of the free tier at NOW. */
export const contextOf = (db: AgentDb, changed: Partial<LedgerContext> = {}): LedgerContext => ({
  db,
  record: makeRecord(),
  policy: POLICY,
  generation: 1,
  now: NOW,
  ...changed,
});

/** A call of the sandbox that reserves 2,001 tokens of prompt and the cap of 1,000. */
export const callOf = (callId: string, changed: Partial<AdmitInput> = {}): AdmitInput => ({
  callId,
  source: 'sandbox',
  workload: 'chat',
  model: null,
  requestBytes: 4_001,
  requestedMaxTokens: null,
  generation: 1,
  openclawSession: null,
  ...changed,
});

/** The end of an attempt that was answered. */
export const endOf = (attemptId: string, changed: Partial<SettleInput> = {}): SettleInput => ({
  attemptId,
  outcome: 'ok',
  status: 200,
  usage: { tokensIn: 100, tokensOut: 10, tokensCached: 0 },
  logId: 'log-1',
  firstByteMs: 5,
  latencyMs: 9,
  callFailed: false,
  ...changed,
});

/** Admits a call that must be admitted. */
export function admitted(ctx: LedgerContext, call: AdmitInput): Attempt {
  const admission = admit(ctx, call);
  if (!admission.ok) throw new Error(admission.message);
  return admission.attempt;
}

export const rowsOf = (db: AgentDb): AttemptRow[] => db.select().from(attempts).all();
export const rowOf = (db: AgentDb, id: string): AttemptRow | undefined =>
  db.select().from(attempts).where(eq(attempts.id, id)).get();

/** The meters in the windows of `now`. */
export const metersOf = (db: AgentDb, now: number = NOW): Meters => readMeters(db, now);

/** A turn that runs in the OpenClaw session `openclaw-<its id>`. */
export function runningTurn(db: AgentDb): string {
  const session = createSession(db, { title: undefined, maxSessions: 20, now: NOW });
  const { turn } = queueTurn(db, {
    sessionId: session.id,
    clientId: 'client-1',
    text: 'hi',
    by: 'Ann',
    workload: 'chat',
    maxQueued: 4,
    now: NOW,
  });
  markRunning(db, turn, 1, NOW);
  noteOpenClawSession(db, turn.id, `openclaw-${turn.id}`);
  return turn.id;
}
