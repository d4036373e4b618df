import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { findModel } from '../contract/models.ts';
import type { EventData } from '../contract/frames.ts';
import type { Policy } from '../contract/policy.ts';
import { turns } from '../db/agent/schema.ts';
import { admit } from './admit.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  endOf,
  POLICY,
  PRIMARY,
  rowOf,
  rowsOf,
  runningTurn,
} from './doubles/ledger.ts';
import {
  MAX_ATTEMPT_MS,
  MAX_CALLS_PER_TURN,
  MAX_FAILED_CALLS_PER_TURN,
  SWEEP_MARGIN_MS,
} from './ledger.ts';
import { settle } from './settle.ts';
import { endTurn, getTurn } from './turns.ts';

describe('admit', () => {
  it('stores the intent with what it reserves: an estimate from above', () =>
    freshAgent().inside(({ db }) => {
      const { priceIn = 0, priceOut = 0 } = findModel(PRIMARY) ?? {};
      const attempt = admitted(contextOf(db), callOf('call'));
      expect(attempt).toMatchObject({
        id: 'call.1',
        n: 1,
        model: PRIMARY,
        policyVersion: 3,
        firstByteTimeoutMs: 20_000,
        maxOutputTokens: 1_000,
        hasFallback: true,
      });
      expect(rowOf(db, 'call.1')).toMatchObject({
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
      expect(admitted(ctx, callOf('a', { requestedMaxTokens: 50 })).maxOutputTokens).toBe(50);
      expect(admitted(ctx, callOf('b', { requestedMaxTokens: 9_999 })).maxOutputTokens).toBe(1_000);
      expect(rowOf(db, 'a.1')?.reservedTokens).toBe(2_001 + 50);
    }));

  it('of the same call again answers the same attempt and stores nothing', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      const ctx = contextOf(db);
      const first = admit(ctx, callOf('call'));
      expect(admit({ ...ctx, now: NOW + 5 }, callOf('call'))).toEqual(first);
      expect(rowsOf(db)).toHaveLength(1);
      expect(db.select().from(turns).where(eq(turns.id, turnId)).get()?.calls).toBe(1);
    }));

  it('is refused for a suspended tenant, and where no rule says what to ask', () =>
    freshAgent().inside(({ db }) => {
      const suspended = makeRecord({ status: 'suspended' });
      expect(admit(contextOf(db, { record: suspended }), callOf('a'))).toMatchObject({
        code: 'tenant_suspended',
      });
      const none: Policy = { version: 1, rules: [{ ...POLICY.rules[0]!, tier: 'enterprise' }] };
      expect(admit(contextOf(db, { policy: none }), callOf('b'))).toMatchObject({
        code: 'not_configured',
      });
      expect(rowsOf(db)).toEqual([]);
    }));

  it('routes a test as the tenant it is made for, booked under its own', () =>
    freshAgent().inside(({ db }) => {
      const record = makeRecord();
      const as = { tier: 'premium', platform: 'elsewhere.com' } as const;
      const attempt = admitted(contextOf(db, { record }), callOf('a', { source: 'agent', as }));
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
        admitted(contextOf(db), callOf(id, { openclawSession: of }));
        return rowOf(db, `${id}.1`)?.turnId ?? null;
      };
      expect(call('a', `openclaw-${one}`)).toBe(one);
      expect(call('b', `openclaw-${other}`)).toBe(other);
      expect(call('c', 'unknown')).toBeNull();
    }));

  it('are bounded: a tool loop that does not end is refused', () =>
    freshAgent().inside(({ db }) => {
      runningTurn(db);
      const record = makeRecord({ limits: { maxCallsPerMinute: 2 * MAX_CALLS_PER_TURN } });
      const ctx = contextOf(db, { record });
      for (let i = 0; i < MAX_CALLS_PER_TURN; i += 1) {
        admitted(ctx, callOf(`call-${i}`));
        settle(ctx, endOf(`call-${i}.1`));
      }
      expect(admit(ctx, callOf('more'))).toMatchObject({
        ok: false,
        code: 'limit_reached',
        message: `A turn may make at most ${MAX_CALLS_PER_TURN} model calls.`,
      });
      expect(admit(ctx, callOf('api', { source: 'api' })).ok).toBe(true);
    }));

  it('are bounded in their failures, counted once each', () =>
    freshAgent().inside(({ db }) => {
      runningTurn(db);
      const fail = (id: string): number => {
        admitted(contextOf(db), callOf(id));
        const failed = endOf(`${id}.1`, { outcome: 'upstream_error', status: 500, usage: null });
        const { failedCalls } = settle(contextOf(db), { ...failed, callFailed: true });
        settle(contextOf(db), { ...failed, callFailed: true });
        return failedCalls;
      };
      expect([fail('a'), fail('b')]).toEqual([1, MAX_FAILED_CALLS_PER_TURN]);
      expect(admit(contextOf(db), callOf('c'))).toMatchObject({
        ok: false,
        code: 'upstream_failed',
      });
    }));
});

describe('a turn whose call was refused', () => {
  const words = 'LLM request rejected: schema.';
  const failed = { type: 'error', message: words, retryable: true, text: 'Hel' } as const;

  /** What a turn is told to end with, after calls at these budgets. */
  const endAfter = (
    budgets: number[],
    end: EventData & { type: 'error' | 'final' } = { ...failed, code: 'turn_failed' },
  ): Promise<EventData | undefined> =>
    freshAgent().inside(({ db }) => {
      const turn = getTurn(db, runningTurn(db))!;
      for (const [i, maxNanoPerMonth] of budgets.entries()) {
        const record = makeRecord({ limits: { maxNanoPerMonth } });
        admit(contextOf(db, { record }), callOf(`call-${i}`));
      }
      return endTurn(db, turn, end, NOW)[0]?.data;
    });

  it('and that failed for it ends with what the refusal said, and what had come', async () => {
    expect(await endAfter([0])).toMatchObject({
      code: 'budget_reached',
      message: expect.stringMatching(/^This month’s budget of \$0\.00 is used up\./),
      // The same again would be refused again.
      retryable: false,
      text: 'Hel',
    });
  });

  it('and one whose call got no answer says so, and not what OpenClaw makes of the refusal', async () => {
    const failure = { code: 'upstream_failed', message: 'The model did not answer.' } as const;
    const end = await freshAgent().inside(({ db }) => {
      const turn = getTurn(db, runningTurn(db))!;
      const { id } = admitted(contextOf(db), callOf('call-0'));
      const ended = { outcome: 'network_error', usage: null, callFailed: true, failure } as const;
      settle(contextOf(db), endOf(id, ended));
      return endTurn(db, turn, { ...failed, code: 'turn_failed' }, NOW)[0]?.data;
    });
    expect(end).toMatchObject({ ...failure, retryable: true, text: 'Hel' });
  });

  it('and one after that was admitted ends with what happened then', async () => {
    expect(await endAfter([0, 1])).toMatchObject({ code: 'turn_failed', message: words });
    expect(await endAfter([])).toMatchObject({ code: 'turn_failed', message: words });
  });

  it('and that ended otherwise ends as it did', async () => {
    const final = { type: 'final', text: 'All is well.', ms: 1 } as const;
    expect(await endAfter([0], final)).toEqual(final);
    const suspended = { ...failed, code: 'tenant_suspended' };
    expect(await endAfter([0], suspended)).toMatchObject({ code: 'tenant_suspended' });
  });
});
