import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { findModel } from '../contract/models.ts';
import type { Policy } from '../contract/policy.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { attempts, turns } from '../db/agent/schema.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import {
  admit,
  countByState,
  finish,
  FIRST_LOOKUP_MS,
  hastenLookups,
  KEEP_FLUSHED_MS,
  markFlushed,
  MAX_ATTEMPT_MS,
  MAX_CALLS_PER_TURN,
  MAX_FAILED_CALLS_PER_TURN,
  nextLookupAt,
  readOutbox,
  retry,
  settle,
  SWEEP_MARGIN_MS,
  takeLookups,
  type AdmitInput,
  type Attempt,
  type LedgerContext,
  type SettleInput,
} from './ledger.ts';
import { makeSchedule } from './doubles/schedule.ts';
import { addRun, newestRuns } from './schedule-runs.ts';
import { createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { markRunning, noteOpenClawSession, queueTurn } from './turns.ts';

const PRIMARY = '@cf/zai-org/glm-4.7-flash';
const FALLBACK = '@cf/openai/gpt-oss-120b';
const policy: Policy = {
  version: 3,
  rules: [
    { model: PRIMARY, fallback: FALLBACK, firstByteTimeoutMs: 20_000, maxOutputTokens: 1_000 },
  ],
};
const contextOf = (db: AgentDb, changed: Partial<LedgerContext> = {}): LedgerContext => ({
  db,
  record: makeRecord(),
  policy,
  generation: 1,
  now: NOW,
  ...changed,
});
const input = (callId: string, changed: Partial<AdmitInput> = {}): AdmitInput => ({
  callId,
  source: 'sandbox',
  workload: 'chat',
  requestBytes: 4_001,
  requestedMaxTokens: null,
  generation: 1,
  openclawSession: null,
  ...changed,
});
const end = (attemptId: string, changed: Partial<SettleInput> = {}): SettleInput => ({
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
const rows = (db: AgentDb) => db.select().from(attempts).all();
const row = (db: AgentDb, id: string) =>
  db.select().from(attempts).where(eq(attempts.id, id)).get();
function admitted(ctx: LedgerContext, made: AdmitInput): Attempt {
  const admission = admit(ctx, made);
  if (!admission.ok) throw new Error(admission.message);
  return admission.attempt;
}

/** A turn that runs in OpenClaw's session `openclaw-1`. */
function runningTurn(db: AgentDb): string {
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

describe('admit', () => {
  it('stores the intent with what it reserves: an estimate from above', () =>
    freshAgent().inside(({ db }) => {
      const { priceIn = 0, priceOut = 0 } = findModel(PRIMARY) ?? {};
      const attempt = admitted(contextOf(db), input('call'));
      expect(attempt).toMatchObject({
        id: 'call.1',
        n: 1,
        model: PRIMARY,
        maxOutputTokens: 1_000,
        hasFallback: true,
      });
      expect(row(db, 'call.1')).toMatchObject({
        state: 'open',
        policyVersion: 3,
        reservedTokens: 2_001 + 1_000,
        reservedNano: 2_001 * priceIn + 1_000 * priceOut,
        lookupAt: NOW + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
      });
    }));

  it('takes a client’s smaller cap, and never a larger one', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      expect(admitted(ctx, input('a', { requestedMaxTokens: 50 })).maxOutputTokens).toBe(50);
      expect(admitted(ctx, input('b', { requestedMaxTokens: 9_999 })).maxOutputTokens).toBe(1_000);
      expect(row(db, 'a.1')?.reservedTokens).toBe(2_001 + 50);
    }));

  it('of the same call again answers the same attempt and stores nothing', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      const first = admit(contextOf(db), input('call'));
      expect(admit(contextOf(db, { now: NOW + 5 }), input('call'))).toMatchObject({
        ok: true,
        attempt: { id: first.ok ? first.attempt.id : '' },
      });
      expect(rows(db)).toHaveLength(1);
      expect(db.select().from(turns).where(eq(turns.id, turnId)).get()?.calls).toBe(1);
    }));

  it('is refused at the tier’s number of calls at once, until one is settled', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      const limit = TIER_CONFIG.free.limits.maxConcurrentCalls;
      for (let i = 0; i < limit; i += 1) admitted(ctx, input(`call-${i}`));
      expect(admit(ctx, input('more'))).toMatchObject({ ok: false, code: 'limit_reached' });
      expect(rows(db)).toHaveLength(limit);
      settle(ctx, end('call-0.1'));
      expect(admit(ctx, input('more')).ok).toBe(true);
    }));

  it('no longer counts an intent that must have been cut', () =>
    freshAgent().inside(({ db }) => {
      const limit = TIER_CONFIG.free.limits.maxConcurrentCalls;
      for (let i = 0; i < limit; i += 1) admitted(contextOf(db), input(`call-${i}`));
      const at = (now: number) => admit(contextOf(db, { now }), input(`later-${now}`)).ok;
      expect(at(NOW + MAX_ATTEMPT_MS - 1)).toBe(false);
      expect(at(NOW + MAX_ATTEMPT_MS)).toBe(true);
    }));

  it('is refused for a suspended tenant, and where no rule says what to ask', () =>
    freshAgent().inside(({ db }) => {
      const suspended = makeRecord({ status: 'suspended' });
      expect(admit(contextOf(db, { record: suspended }), input('a'))).toMatchObject({
        code: 'tenant_suspended',
      });
      const none: Policy = { version: 1, rules: [{ ...policy.rules[0]!, tier: 'enterprise' }] };
      expect(admit(contextOf(db, { policy: none }), input('b'))).toMatchObject({
        code: 'not_configured',
      });
      expect(rows(db)).toEqual([]);
    }));

  it('routes a test as the tenant it is made for, booked under its own', () =>
    freshAgent().inside(({ db }) => {
      const record = makeRecord();
      const as = { tier: 'premium', platform: 'elsewhere.com' } as const;
      const attempt = admitted(contextOf(db, { record }), input('a', { source: 'agent', as }));
      expect(attempt.metadata).toEqual({
        tenant: record.id,
        platform: 'elsewhere.com',
        tier: 'premium',
        workload: 'chat',
        call: 'a.1',
      });
    }));
});

describe('the calls of a turn', () => {
  it('are booked on the turn whose OpenClaw session makes them', () =>
    freshAgent().inside(({ db }) => {
      const [one, other] = [runningTurn(db), runningTurn(db)];
      const call = (id: string, of: string | null) => {
        admitted(contextOf(db), input(id, { openclawSession: of }));
        return row(db, `${id}.1`)?.turnId ?? null;
      };
      expect(call('a', `openclaw-${one}`)).toBe(one);
      expect(call('b', `openclaw-${other}`)).toBe(other);
      expect(call('c', 'unknown')).toBeNull();
    }));

  it('are bounded: a tool loop that does not end is refused', () =>
    freshAgent().inside(({ db }) => {
      runningTurn(db);
      for (let i = 0; i < MAX_CALLS_PER_TURN; i += 1) {
        admitted(contextOf(db), input(`call-${i}`));
        settle(contextOf(db), end(`call-${i}.1`));
      }
      expect(admit(contextOf(db), input('more'))).toMatchObject({
        ok: false,
        code: 'limit_reached',
      });
      expect(admit(contextOf(db), input('api', { source: 'api' })).ok).toBe(true);
    }));

  it('are bounded in their failures, counted once each', () =>
    freshAgent().inside(({ db }) => {
      runningTurn(db);
      const fail = (id: string): number => {
        admitted(contextOf(db), input(id));
        const failed = end(`${id}.1`, { outcome: 'upstream_error', status: 500, usage: null });
        const { failedCalls } = settle(contextOf(db), { ...failed, callFailed: true });
        settle(contextOf(db), { ...failed, callFailed: true });
        return failedCalls;
      };
      expect([fail('a'), fail('b')]).toEqual([1, MAX_FAILED_CALLS_PER_TURN]);
      expect(admit(contextOf(db), input('c'))).toMatchObject({
        ok: false,
        code: 'upstream_failed',
      });
    }));
});

describe('settle', () => {
  it('with usage makes the attempt final, at the model’s price', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), input('call'));
      settle(contextOf(db, { now: NOW + 9 }), end('call.1'));
      expect(row(db, 'call.1')).toMatchObject({
        state: 'final',
        settledBy: 'exact',
        tokensIn: 100,
        costNano: 100 * 60 + 10 * 400,
        settledAt: NOW + 9,
        lookupAt: null,
      });
    }));

  it('counts the first time only', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), input('call'));
      const first = settle(contextOf(db), end('call.1'));
      const second = settle(
        contextOf(db),
        end('call.1', { usage: { tokensIn: 9_999, tokensOut: 0, tokensCached: 0 } }),
      );
      expect([first.settled, second.settled]).toEqual([true, false]);
      expect(row(db, 'call.1')?.tokensIn).toBe(100);
      expect(settle(contextOf(db), end('unknown.1')).settled).toBe(false);
    }));

  it('without usage sends the attempt to the look-up, unless upstream refused it', () =>
    freshAgent().inside(({ db }) => {
      for (const id of ['aborted', 'timeout', 'refused']) admitted(contextOf(db), input(id));
      settle(contextOf(db), end('aborted.1', { outcome: 'aborted', usage: null }));
      settle(contextOf(db), end('timeout.1', { outcome: 'timeout', status: null, usage: null }));
      settle(
        contextOf(db),
        end('refused.1', { outcome: 'upstream_error', status: 429, usage: null }),
      );
      expect(row(db, 'aborted.1')).toMatchObject({
        state: 'unsettled',
        outcome: 'aborted',
        lookupAt: NOW + FIRST_LOOKUP_MS,
      });
      expect(row(db, 'timeout.1')?.state).toBe('unsettled');
      expect(row(db, 'refused.1')).toMatchObject({ state: 'final', costNano: 0, status: 429 });
    }));
});

describe('retry', () => {
  const failed = end('call.1', { outcome: 'upstream_error', status: 503, usage: null });

  it('ends attempt n and stores the intent of n + 1 on the fallback', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      admitted(contextOf(db), input('call'));
      const again = retry(contextOf(db, { now: NOW + 7 }), failed, input('call'));
      expect(again).toMatchObject({
        ok: true,
        attempt: { id: 'call.2', n: 2, model: FALLBACK, hasFallback: false },
      });
      expect(row(db, 'call.1')).toMatchObject({ state: 'final', status: 503 });
      expect(row(db, 'call.2')).toMatchObject({
        state: 'open',
        model: FALLBACK,
        status: null,
        outcome: null,
        settledAt: null,
        turnId,
        createdAt: NOW + 7,
        lookupAt: NOW + 7 + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
      });
      expect(again.ok && again.attempt.metadata.call).toBe('call.2');
    }));

  it('again answers the same attempt and stores nothing', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), input('call'));
      retry(contextOf(db), failed, input('call'));
      const again = retry(contextOf(db, { now: NOW + 9 }), failed, input('call'));
      expect(again).toMatchObject({ ok: true, attempt: { id: 'call.2' } });
      expect(rows(db)).toHaveLength(2);
      expect(row(db, 'call.2')?.createdAt).toBe(NOW);
    }));

  it('of an attempt that is not there is refused', () =>
    freshAgent().inside(({ db }) => {
      expect(retry(contextOf(db), failed, input('call'))).toMatchObject({ ok: false });
      expect(rows(db)).toEqual([]);
    }));

  it('without a fallback any more ends the attempt and is refused', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), input('call'));
      const without: Policy = { version: 4, rules: [{ ...policy.rules[0]!, fallback: null }] };
      expect(retry(contextOf(db, { policy: without }), failed, input('call'))).toMatchObject({
        ok: false,
        code: 'upstream_failed',
      });
      expect(rows(db).map(({ state }) => state)).toEqual(['final']);
    }));
});

describe('look-ups', () => {
  it('take an intent that nobody settled as lost, but not before it must have been cut', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), input('call'));
      const due = NOW + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS;
      expect(takeLookups(db, due - 1, 10)).toEqual([]);
      expect(takeLookups(db, due, 10)).toEqual([
        expect.objectContaining({ id: 'call.1', state: 'unsettled', outcome: 'lost' }),
      ]);
      expect(settle(contextOf(db), end('call.1')).settled).toBe(false);
    }));

  it('are due at the earliest time of any attempt, and can be made due now', () =>
    freshAgent().inside(({ db }) => {
      expect(nextLookupAt(db)).toBeNull();
      admitted(contextOf(db), input('open'));
      admitted(contextOf(db), input('left'));
      settle(contextOf(db), end('left.1', { outcome: 'aborted', usage: null }));
      expect(nextLookupAt(db)).toBe(NOW + FIRST_LOOKUP_MS);
      hastenLookups(db, NOW - 5);
      expect(takeLookups(db, NOW - 5, 10).map(({ id }) => id)).toEqual(['left.1']);
    }));

  it('are taken a bounded number at a time', () =>
    freshAgent().inside(({ db }) => {
      for (const id of ['a', 'b', 'c']) {
        admitted(contextOf(db), input(id));
        settle(contextOf(db), end(`${id}.1`, { outcome: 'aborted', usage: null }));
      }
      expect(takeLookups(db, NOW + FIRST_LOOKUP_MS, 2)).toHaveLength(2);
    }));
});

describe('the outbox', () => {
  it('holds final attempts only, oldest first, as rows of D1', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db, { now: NOW + 1 }), input('b'));
      admitted(contextOf(db), input('a'));
      admitted(contextOf(db), input('open'));
      settle(contextOf(db), end('b.1'));
      settle(contextOf(db), end('a.1'));
      expect(readOutbox(db, 'tenant', 10).map(({ id }) => id)).toEqual(['a.1', 'b.1']);
      expect(readOutbox(db, 'tenant', 1)).toEqual([
        expect.objectContaining({
          id: 'a.1',
          tenant_id: 'tenant',
          call_id: 'a',
          attempt: 1,
          tokens_in: 100,
          settled_by: 'exact',
          outcome: 'ok',
          created_at: NOW,
        }),
      ]);
    }));

  it('forgets what is in D1 after a while, and nothing else', () =>
    freshAgent().inside(({ db }) => {
      for (const id of ['flushed', 'final', 'open']) admitted(contextOf(db), input(id));
      settle(contextOf(db), end('flushed.1'));
      settle(contextOf(db), end('final.1'));
      markFlushed(db, ['flushed.1', 'open.1'], NOW);
      expect(countByState(db)).toEqual({ open: 1, unsettled: 0, final: 1, flushed: 1 });
      expect(admit(contextOf(db), input('flushed')).ok).toBe(true);
      markFlushed(db, [], NOW + KEEP_FLUSHED_MS + 1);
      expect(countByState(db)).toEqual({ open: 1, unsettled: 0, final: 1, flushed: 0 });
    }));
});

describe('what a turn has used', () => {
  const usedBy = (db: AgentDb, turnId: string) => {
    const turn = db.select().from(turns).where(eq(turns.id, turnId)).get();
    return [turn?.tokensIn, turn?.tokensOut, turn?.costNano];
  };

  it('is the sum of its attempts, each once, however often it is settled', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      const turnId = runningTurn(db);
      admitted(ctx, input('a'));
      admitted(ctx, input('b'));
      settle(ctx, end('a.1'));
      settle(ctx, end('a.1'));
      const one = row(db, 'a.1')?.costNano ?? 0;
      expect(one).toBeGreaterThan(0);
      expect(usedBy(db, turnId)).toEqual([100, 10, one]);
      settle(ctx, end('b.1'));
      expect(usedBy(db, turnId)).toEqual([200, 20, 2 * one]);
    }));

  it('counts an attempt that is looked up later, and is on its schedule’s run too', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      const turnId = runningTurn(db);
      const { id: scheduleId } = makeSchedule(db);
      addRun(db, { id: 'run', scheduleId, dueAt: 1, trigger: 'time', state: 'queued', turnId });
      admitted(ctx, input('a'));
      settle(ctx, end('a.1', { usage: null, status: null, outcome: 'lost' }));
      expect(usedBy(db, turnId)).toEqual([0, 0, 0]);
      const usage = { tokensIn: 7, tokensOut: 3, tokensCached: 0 };
      const lost = row(db, 'a.1')!;
      finish(db, lost, { usage, settledBy: 'looked_up', now: NOW });
      finish(db, lost, { usage, settledBy: 'looked_up', now: NOW });
      const booked = row(db, 'a.1')?.costNano ?? 0;
      expect(usedBy(db, turnId)).toEqual([7, 3, booked]);
      expect(newestRuns(db, scheduleId, 1)[0]).toMatchObject({
        tokensIn: 7,
        tokensOut: 3,
        costNano: booked,
      });
    }));
});
