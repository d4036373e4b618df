import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../contract/policy.ts';
import { turns } from '../db/agent/schema.ts';
import { retry } from './admit.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  endOf,
  FALLBACK,
  metersOf,
  POLICY,
  rowOf,
  rowsOf,
  runningTurn,
} from './doubles/ledger.ts';
import { MAX_ATTEMPT_MS, SWEEP_MARGIN_MS, type RetryInput } from './ledger.ts';
import type { AgentDb } from './storage.ts';

const failed = endOf('call.1', { outcome: 'upstream_error', status: 503, usage: null });
const again: RetryInput = { requestBytes: 4_001, requestedMaxTokens: null, tooLong: false };

describe('retry', () => {
  it('ends attempt n and stores the intent of n + 1 on the fallback', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      admitted(contextOf(db), callOf('call'));
      const admission = retry(contextOf(db, { now: NOW + 7 }), failed, again);
      expect(admission).toMatchObject({
        ok: true,
        attempt: { id: 'call.2', n: 2, model: FALLBACK, hasFallback: false },
      });
      expect(rowOf(db, 'call.1')).toMatchObject({ state: 'final', status: 503 });
      expect(rowOf(db, 'call.2')).toMatchObject({
        state: 'open',
        model: FALLBACK,
        status: null,
        outcome: null,
        settledAt: null,
        turnId,
        createdAt: NOW + 7,
        lookupAt: NOW + 7 + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS,
      });
      expect(admission.ok && admission.attempt.metadata.call).toBe('call.2');
    }));

  it('again answers the same attempt and stores nothing', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      retry(contextOf(db), failed, again);
      expect(retry(contextOf(db, { now: NOW + 9 }), failed, again)).toMatchObject({
        ok: true,
        attempt: { id: 'call.2' },
      });
      expect(rowsOf(db)).toHaveLength(2);
      expect(rowOf(db, 'call.2')?.createdAt).toBe(NOW);
    }));

  it('of an attempt that is not there is refused', () =>
    freshAgent().inside(({ db }) => {
      expect(retry(contextOf(db), failed, again)).toMatchObject({ ok: false });
      expect(rowsOf(db)).toEqual([]);
    }));

  it('without a fallback any more ends the attempt and is refused', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      const without: Policy = { version: 4, rules: [{ ...POLICY.rules[0]!, fallback: null }] };
      expect(retry(contextOf(db, { policy: without }), failed, again)).toMatchObject({
        ok: false,
        code: 'upstream_failed',
      });
      expect(rowsOf(db).map(({ state }) => state)).toEqual(['final']);
    }));

  it('of a tenant that was suspended meanwhile ends the attempt and is refused', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      admitted(ctx, callOf('call'));
      const record = { ...ctx.record, status: 'suspended' } as const;
      expect(retry({ ...ctx, record }, failed, again)).toMatchObject({ code: 'tenant_suspended' });
      expect(rowsOf(db).map(({ state }) => state)).toEqual(['final']);
    }));

  it('after a time-out holds both: nobody knows what the first has used', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      const { reservedTokens: first = 0 } = rowOf(db, 'call.1') ?? {};
      const timedOut = endOf('call.1', { outcome: 'timeout', status: null, usage: null });
      retry(contextOf(db), timedOut, again);
      const { reservedTokens: second = 0 } = rowOf(db, 'call.2') ?? {};
      expect(rowOf(db, 'call.1')?.state).toBe('unsettled');
      expect(metersOf(db).day.heldTokens).toBe(first + second);
      expect(metersOf(db).minute.calls).toBe(1);
    }));
});

describe('a retry that the budget refuses', () => {
  const turnOf = (db: AgentDb, id: string) => db.select().from(turns).where(eq(turns.id, id)).get();

  it('ends the attempt and counts the failed call once, however often it is asked', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      const ctx = contextOf(db);
      admitted(ctx, callOf('call'));
      const spent = { ...ctx, record: { ...ctx.record, limits: { maxNanoPerMonth: 0 } } };
      expect(retry(spent, failed, again)).toMatchObject({
        ok: false,
        code: 'budget_reached',
        failedCalls: 1,
      });
      expect(rowsOf(db)).toMatchObject([{ id: 'call.1', state: 'final', status: 503 }]);
      expect(retry(spent, failed, again)).toMatchObject({ code: 'budget_reached' });
      expect(turnOf(db, turnId)).toMatchObject({
        failedCalls: 1,
        refusal: { code: 'budget_reached' },
      });
      expect(metersOf(db)).toMatchObject({ day: { heldTokens: 0 }, month: { heldNano: 0 } });
    }));

  it('counts it once too where there is no other model to ask', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      admitted(contextOf(db), callOf('call'));
      const without: Policy = { version: 4, rules: [{ ...POLICY.rules[0]!, fallback: null }] };
      const ask = () => retry(contextOf(db, { policy: without }), failed, again);
      expect(ask()).toMatchObject({ code: 'upstream_failed', failedCalls: 1 });
      ask();
      expect(turnOf(db, turnId)?.failedCalls).toBe(1);
    }));

  it('may follow on a first attempt that has freed what it held', () =>
    freshAgent().inside(({ db }) => {
      const record = makeRecord({ limits: { maxTokensPerDay: 1 } });
      admitted(contextOf(db, { record }), callOf('call'));
      expect(retry(contextOf(db, { record }), failed, again).ok).toBe(true);
    }));
});

describe('after a model that can’t hold the prompt', () => {
  const SMALL = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
  const tooLong = { ...again, tooLong: true };
  const refused = endOf('call.1', { outcome: 'upstream_error', status: 400, usage: null });
  const rule = { firstByteTimeoutMs: 20_000, maxOutputTokens: 1_000 };

  it('a larger one is asked, of a more general rule too', () =>
    freshAgent().inside(({ db }) => {
      const rules = [
        { workload: 'chat' as const, model: SMALL, fallback: null, ...rule },
        { model: SMALL, fallback: FALLBACK, ...rule },
      ];
      const ctx = contextOf(db, { policy: { version: 1, rules } });
      expect(admitted(ctx, callOf('call')).model).toBe(SMALL);
      expect(retry(ctx, refused, tooLong)).toMatchObject({
        ok: true,
        attempt: { n: 2, model: FALLBACK, hasFallback: false },
      });
    }));

  it('none is left where none is larger: the prompt is too long', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      const policy = { version: 1, rules: [{ model: FALLBACK, fallback: SMALL, ...rule }] };
      const ctx = contextOf(db, { policy });
      admitted(ctx, callOf('call'));
      expect(retry(ctx, refused, tooLong)).toMatchObject({
        ok: false,
        code: 'prompt_too_long',
        failedCalls: 1,
      });
      expect(rowOf(db, 'call.1')).toMatchObject({ state: 'final', turnId, costNano: 0 });
    }));
});
