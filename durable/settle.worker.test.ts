import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { turns } from '../db/agent/schema.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  endOf,
  metersOf,
  rowOf,
  runningTurn,
} from './doubles/ledger.ts';
import { makeSchedule } from './doubles/schedule.ts';
import { FIRST_LOOKUP_MS } from './ledger.ts';
import { addRun, newestRuns } from './schedule-runs.ts';
import { finish, settle } from './settle.ts';
import type { AgentDb } from './storage.ts';

describe('settle', () => {
  it('with usage makes the attempt final, at the model’s price', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      const settled = settle(contextOf(db, { now: NOW + 9 }), endOf('call.1'));
      expect(settled).toMatchObject({ failedCalls: 0, state: 'final' });
      expect(rowOf(db, 'call.1')).toMatchObject({
        state: 'final',
        settledBy: 'exact',
        tokensIn: 100,
        costNano: 100 * 60 + 10 * 400,
        settledAt: NOW + 9,
        lookupAt: null,
      });
    }));

  it('puts what was used in the place of what was held', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      const held = rowOf(db, 'call.1');
      expect(metersOf(db)).toMatchObject({
        day: { tokens: 0, heldTokens: held?.reservedTokens },
        month: { nano: 0, heldNano: held?.reservedNano },
      });
      settle(contextOf(db), endOf('call.1'));
      expect(metersOf(db)).toMatchObject({
        day: { tokens: 110, heldTokens: 0 },
        month: { nano: 100 * 60 + 10 * 400, heldNano: 0 },
      });
    }));

  it('counts the first time only', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('call'));
      settle(contextOf(db), endOf('call.1'));
      const before = metersOf(db);
      const usage = { tokensIn: 9_999, tokensOut: 0, tokensCached: 0 };
      const again = settle(contextOf(db), endOf('call.1', { usage, callFailed: true }));
      expect(again).toMatchObject({ failedCalls: 0, state: 'before' });
      expect(rowOf(db, 'call.1')?.tokensIn).toBe(100);
      expect(metersOf(db)).toEqual(before);
      expect(settle(contextOf(db), endOf('unknown.1')).state).toBe('before');
    }));

  it('without usage sends the attempt to the look-up, unless upstream refused it', () =>
    freshAgent().inside(({ db }) => {
      for (const id of ['aborted', 'timeout', 'refused']) admitted(contextOf(db), callOf(id));
      const end = (id: string, outcome: 'aborted' | 'timeout' | 'upstream_error', status = 200) =>
        settle(
          contextOf(db),
          endOf(id, { outcome, status: outcome === 'timeout' ? null : status, usage: null }),
        ).state;
      expect(end('aborted.1', 'aborted')).toBe('unsettled');
      expect(end('timeout.1', 'timeout')).toBe('unsettled');
      expect(end('refused.1', 'upstream_error', 429)).toBe('final');
      expect(rowOf(db, 'aborted.1')).toMatchObject({
        state: 'unsettled',
        outcome: 'aborted',
        lookupAt: NOW + FIRST_LOOKUP_MS,
      });
      expect(rowOf(db, 'refused.1')).toMatchObject({ state: 'final', costNano: 0, status: 429 });
      const { reservedTokens = 0, reservedNano = 0 } = rowOf(db, 'aborted.1') ?? {};
      // What nobody knows yet stays held.
      expect(metersOf(db)).toMatchObject({
        day: { tokens: 0, heldTokens: 2 * reservedTokens },
        month: { nano: 0, heldNano: 2 * reservedNano },
      });
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
      admitted(ctx, callOf('a'));
      admitted(ctx, callOf('b'));
      settle(ctx, endOf('a.1'));
      settle(ctx, endOf('a.1'));
      const one = rowOf(db, 'a.1')?.costNano ?? 0;
      expect(one).toBeGreaterThan(0);
      expect(usedBy(db, turnId)).toEqual([100, 10, one]);
      settle(ctx, endOf('b.1'));
      expect(usedBy(db, turnId)).toEqual([200, 20, 2 * one]);
    }));

  it('counts an attempt that is looked up later, and is on its schedule’s run too', () =>
    freshAgent().inside(({ db }) => {
      const ctx = contextOf(db);
      const turnId = runningTurn(db);
      const { id: scheduleId } = makeSchedule(db);
      addRun(db, { id: 'run', scheduleId, dueAt: 1, trigger: 'time', state: 'queued', turnId });
      admitted(ctx, callOf('a'));
      settle(ctx, endOf('a.1', { usage: null, status: null, outcome: 'lost' }));
      expect(usedBy(db, turnId)).toEqual([0, 0, 0]);
      const usage = { tokensIn: 7, tokensOut: 3, tokensCached: 0 };
      const lost = rowOf(db, 'a.1')!;
      finish(db, lost, { ...lost, usage, settledBy: 'looked_up', now: NOW });
      finish(db, lost, { ...lost, usage, settledBy: 'looked_up', now: NOW });
      const booked = rowOf(db, 'a.1')?.costNano ?? 0;
      expect(usedBy(db, turnId)).toEqual([7, 3, booked]);
      expect(metersOf(db).day).toMatchObject({ tokens: 10, heldTokens: 0 });
      expect(newestRuns(db, scheduleId, 1)[0]).toMatchObject({
        tokensIn: 7,
        tokensOut: 3,
        costNano: booked,
      });
    }));
});
