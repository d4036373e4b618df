import { describe, expect, it } from 'vitest';
import type { Policy } from '../contract/policy.ts';
import { retry } from './admit.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  endOf,
  FALLBACK,
  POLICY,
  rowOf,
  rowsOf,
  runningTurn,
} from './doubles/ledger.ts';
import { MAX_ATTEMPT_MS, SWEEP_MARGIN_MS, type RetryInput } from './ledger.ts';

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
});
