import { describe, expect, it } from 'vitest';
import { retry } from './admit.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  endOf,
  FALLBACK,
  PRIMARY,
  runningTurn,
} from './doubles/ledger.ts';
import { sweepAttempts } from './outbox.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';
import { readTimeline } from './timeline.ts';

const SIZE = { requestBytes: 4_001, requestedMaxTokens: null, tooLong: false };
const LATER = NOW + 60 * 60_000;
const failed = (id: string) =>
  endOf(id, { outcome: 'upstream_error', status: 500, usage: null, logId: null });
const timedOut = (id: string) => endOf(id, { outcome: 'timeout', status: null, usage: null });
const calls = (db: AgentDb) =>
  readTimeline(db, { limit: 200 }).entries.flatMap(({ data }) =>
    data.type === 'call' ? [data] : [],
  );

/** Looks all up that has no usage: the log knows each attempt. */
async function sweep(db: AgentDb): Promise<void> {
  const usage = { tokensIn: 50, tokensOut: 5, tokensCached: 0 };
  const found = { kind: 'found', usage, status: 200, logId: 'x' } as const;
  await sweepAttempts({ db, gateway: { lookUp: async () => found }, now: () => LATER });
}

describe('a call in the timeline', () => {
  it('is one entry, with what it cost and whose turn it was of', () =>
    freshAgent().inside(({ db }) => {
      const turnId = runningTurn(db);
      admitted(contextOf(db), callOf('call', { openclawSession: `openclaw-${turnId}` }));
      expect(calls(db)).toEqual([]);
      settle(contextOf(db), endOf('call.1'));
      settle(contextOf(db), endOf('call.1'));
      expect(calls(db)).toEqual([
        {
          type: 'call',
          callId: 'call',
          turnId,
          workload: 'chat',
          model: PRIMARY,
          attempts: 1,
          costNano: 100 * 60 + 10 * 400,
          outcome: 'ok',
          settledBy: 'exact',
          ms: 9,
        },
      ]);
    }));

  it('is one entry for all its attempts', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      retry(contextOf(db), failed('call.1'), SIZE);
      expect(calls(db), 'it goes on').toEqual([]);
      settle(contextOf(db), endOf('call.2'));
      expect(calls(db)).toEqual([
        expect.objectContaining({ callId: 'call', model: FALLBACK, attempts: 2, outcome: 'ok' }),
      ]);
    }));

  it('that no other model takes over is over', () =>
    freshAgent().inside(({ db }) => {
      const policy = { version: 1, rules: [{ ...contextOf(db).policy.rules[0]!, fallback: null }] };
      admitted(contextOf(db, { policy }), callOf('alone'));
      expect(retry(contextOf(db, { policy }), failed('alone.1'), SIZE).ok).toBe(false);
      retry(contextOf(db, { policy }), failed('alone.1'), SIZE);
      expect(calls(db)).toEqual([
        expect.objectContaining({ callId: 'alone', attempts: 1, outcome: 'upstream_error' }),
      ]);
    }));

  it('whose next attempt a limit forbids is over', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('poor'));
      const record = makeRecord({ limits: { maxNanoPerMonth: 0 } });
      const answer = retry(contextOf(db, { record }), failed('poor.1'), SIZE);
      expect(answer).toMatchObject({ ok: false });
      expect(calls(db)).toEqual([expect.objectContaining({ callId: 'poor', attempts: 1 })]);
    }));

  it('waits until what no answer told is looked up, whichever attempt that is', () =>
    freshAgent().inside(async ({ db }) => {
      admitted(contextOf(db), callOf('late'));
      settle(contextOf(db), endOf('late.1', { outcome: 'aborted', usage: null }));
      admitted(contextOf(db), callOf('first'));
      retry(contextOf(db), timedOut('first.1'), SIZE);
      settle(contextOf(db), endOf('first.2'));
      expect(calls(db)).toEqual([]);
      await sweep(db);
      await sweep(db);
      expect(calls(db)).toHaveLength(2);
      expect(calls(db)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ callId: 'late', settledBy: 'looked_up', outcome: 'aborted' }),
          expect.objectContaining({ callId: 'first', attempts: 2, settledBy: 'exact' }),
        ]),
      );
      const first = calls(db).find(({ callId }) => callId === 'first');
      expect(first?.costNano).toBeGreaterThan(50 * 60 + 5 * 400);
    }));
});
