import { describe, expect, it } from 'vitest';
import { agentCalls, type AgentCalls } from '../contract/agent-calls.ts';
import { retry } from './admit.ts';
import { readCalls } from './agent-calls.ts';
import { codeOf, freshAgent, newTenant, NOW } from './doubles/fresh-agent.ts';
import {
  admitted,
  callOf,
  contextOf,
  endOf,
  FALLBACK,
  PRIMARY,
  runningTurn,
} from './doubles/ledger.ts';
import { markFlushed } from './ledger-outbox.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';

const SIZE = { requestBytes: 4_001, requestedMaxTokens: null, tooLong: false };
const read = (db: AgentDb, query: { call?: string; limit?: number } = {}): AgentCalls =>
  agentCalls.parse(readCalls(db, { limit: 50, ...query }));
const states = (db: AgentDb): string[][] => read(db).calls.map(({ id, state }) => [id, state]);

describe('the calls of an agent', () => {
  it('are those that are not booked yet, each with its attempts in order', () =>
    freshAgent().inside(({ db }) => {
      expect(read(db)).toEqual({ calls: [], more: false });
      const turnId = runningTurn(db);
      admitted(contextOf(db), callOf('call', { openclawSession: `openclaw-${turnId}` }));
      const failed = { outcome: 'upstream_error', status: 503, usage: null } as const;
      retry(contextOf(db, { now: NOW + 5 }), endOf('call.1', failed), SIZE);
      const [call] = read(db).calls;
      expect(call).toMatchObject({ id: 'call', state: 'open', source: 'sandbox', turnId });
      expect(call).toMatchObject({ workload: 'chat', tier: 'free', createdAt: NOW });
      expect(call?.attempts).toMatchObject([
        { id: 'call.1', attempt: 1, model: PRIMARY, outcome: 'upstream_error', status: 503 },
        { id: 'call.2', attempt: 2, model: FALLBACK, state: 'open', outcome: null },
      ]);
      expect(call?.attempts[1]?.reservedNano).toBeGreaterThan(0);
    }));

  it('are as far as the attempt that is least far, and leave when all of them are booked', () =>
    freshAgent().inside(({ db }) => {
      admitted(contextOf(db), callOf('open'));
      admitted(contextOf(db, { now: NOW + 1 }), callOf('cut'));
      settle(contextOf(db), endOf('cut.1', { outcome: 'cut', usage: null }));
      admitted(contextOf(db, { now: NOW + 2 }), callOf('done'));
      settle(contextOf(db), endOf('done.1'));
      expect(states(db)).toEqual([
        ['done', 'final'],
        ['cut', 'unsettled'],
        ['open', 'open'],
      ]);
      markFlushed(db, ['done.1', 'cut.1'], NOW + 3);
      expect(states(db)).toEqual([
        ['cut', 'unsettled'],
        ['open', 'open'],
      ]);
      const [booked] = read(db, { call: 'done' }).calls;
      expect(booked).toMatchObject({ state: 'flushed', attempts: [{ settledBy: 'exact' }] });
    }));

  it('are so many and no more, the newest of them, and one is found by its whole id only', () =>
    freshAgent().inside(({ db }) => {
      for (const n of [1, 2]) admitted(contextOf(db, { now: NOW + n }), callOf(`call-${n}`));
      expect(read(db, { limit: 1 })).toMatchObject({ calls: [{ id: 'call-2' }], more: true });
      expect(read(db, { limit: 2 }).more).toBe(false);
      expect(read(db, { call: 'call-1' }).calls.map(({ id }) => id)).toEqual(['call-1']);
      expect(read(db, { call: 'call' })).toEqual({ calls: [], more: false });
    }));

  it('are asked of an agent that has its record, and wake nothing', async () => {
    const { rpc } = await newTenant();
    expect(await rpc.calls({ limit: 5 })).toEqual({ calls: [], more: false });
    expect((await rpc.status()).state).toBe('asleep');
    expect(await codeOf(() => freshAgent().rpc.calls({ limit: 5 }))).toBe('tenant_not_found');
  });
});
