import { describe, expect, it } from 'vitest';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { TurnPump, type TurnPumpDeps } from './turn-pump.ts';
import { queueTurn, type Turn } from './turns.ts';
import { INITIAL_WAKE, type WakeState } from './wake.ts';

/** A sandbox and a driver that note what is asked of them, and become what a test says. */
function world(db: AgentDb, first: Partial<WakeState>) {
  const asked: string[] = [];
  const ended: string[] = [];
  let wake: WakeState = { ...INITIAL_WAKE, ...first };
  const become = (next: Partial<WakeState>): WakeState => (wake = { ...wake, ...next });
  const after: Partial<Record<'demand' | 'probe', Partial<WakeState>>> = {};
  const work: Promise<unknown>[] = [];
  const attached = new Set<string>();
  const deps: TurnPumpDeps = {
    db,
    sandbox: {
      get wake() {
        return wake;
      },
      drive: async () => wake,
      probe: async () => {
        asked.push('probe');
        return become(after.probe ?? {});
      },
      demand: () => {
        asked.push('demand');
        return become(after.demand ?? {});
      },
      touch: async () => undefined,
    },
    turns: {
      isAttached: (id) => attached.has(id),
      get isLinked() {
        return attached.size > 0;
      },
      attach: (turn) => {
        asked.push(`attach ${turn.clientId}`);
        attached.add(turn.id);
        return new Promise(() => undefined);
      },
      detach: async () => {
        asked.push('detach');
        attached.clear();
      },
      end: (turn, { type }) => ended.push(`${type} ${turn.clientId}`),
    },
    openGateway: () => Promise.reject(new Error('nothing to forget')),
    now: () => NOW,
    waitUntil: (one) => work.push(one),
    used: () => undefined,
    rested: async () => undefined,
    log: () => undefined,
  };
  const pump = new TurnPump(deps);
  const round = async (begin: () => void): Promise<void> => {
    const at = work.length;
    begin();
    await work[at];
  };
  const pumped = (): Promise<void> => round(() => pump.pump());
  const watched = (): Promise<void> => round(() => pump.watch());
  const { id: sessionId } = createSession(db, { title: undefined, maxSessions: 5, now: NOW });
  const queue = (clientId: string): Turn =>
    queueTurn(db, {
      sessionId,
      clientId,
      text: 'Hello',
      by: 'Ann',
      workload: 'chat',
      maxQueued: 5,
      now: NOW,
    }).turn;
  return { asked, ended, after, pumped, watched, queue };
}

describe('a message', () => {
  it('wakes a sleeping agent, and is handed on once it is ready', () =>
    freshAgent().inside(async ({ db }) => {
      const { asked, after, pumped, queue } = world(db, { state: 'asleep' });
      queue('first');
      after.demand = { state: 'ready' };
      await pumped();
      expect(asked).toEqual(['probe', 'demand', 'attach first']);
    }));

  it('meets a sandbox that died without a word: it is asked first, and replaced', () =>
    freshAgent().inside(async ({ db }) => {
      const { asked, after, pumped, queue, ended } = world(db, { state: 'ready', generation: 1 });
      queue('first');
      const failure = { code: 'sandbox_lost', message: 'It stopped.', nextTryAt: NOW + 1_000 };
      after.probe = { state: 'failed', attempts: 1, failure };
      await pumped();
      expect(asked).toEqual(['probe', 'demand']);
      expect(ended, 'it waits for the next try').toEqual([]);
    }));

  it('is answered by an error when the agent has given up', () =>
    freshAgent().inside(async ({ db }) => {
      const failure = { code: 'restore_corrupt', message: 'Damaged.', nextTryAt: null };
      const { ended, pumped, queue } = world(db, { state: 'failed', attempts: 1, failure });
      queue('first');
      await pumped();
      expect(ended).toEqual(['error first']);
    }));

  it('under way has its sandbox looked at by the watchdog, and only then', () =>
    freshAgent().inside(async ({ db }) => {
      const { asked, pumped, watched, queue } = world(db, { state: 'ready', generation: 1 });
      queue('first');
      await pumped();
      await pumped();
      expect(asked).toEqual(['probe', 'attach first']);
      await watched();
      expect(asked).toEqual(['probe', 'attach first', 'probe']);
    }));

  it('under way in a sandbox that hangs goes on in the next generation', () =>
    freshAgent().inside(async ({ db }) => {
      const { asked, after, pumped, watched, queue } = world(db, { state: 'ready', generation: 1 });
      queue('first');
      await pumped();
      after.probe = { state: 'asleep' };
      after.demand = { state: 'ready', generation: 2 };
      await watched();
      expect(asked.slice(2)).toEqual(['probe', 'detach', 'demand', 'attach first']);
    }));

  it('is answered by an error when the sandbox before can’t be saved', () =>
    freshAgent().inside(async ({ db }) => {
      const failure = { code: 'snapshot_refused', message: 'Not saved.', nextTryAt: NOW + 1 };
      const { ended, pumped, queue } = world(db, { state: 'draining', attempts: 4, failure });
      queue('first');
      await pumped();
      expect(ended).toEqual(['error first']);
    }));

  it('waits behind another of its session', () =>
    freshAgent().inside(async ({ db }) => {
      const { asked, pumped, queue } = world(db, { state: 'ready' });
      queue('first');
      queue('second');
      await pumped();
      expect(asked).toEqual(['probe', 'attach first']);
    }));
});

describe('an agent that nobody wants anything of', () => {
  it('is left alone', () =>
    freshAgent().inside(async ({ db }) => {
      const { asked, pumped } = world(db, { state: 'asleep' });
      await pumped();
      expect(asked).toEqual([]);
    }));
});
