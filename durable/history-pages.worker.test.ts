import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_PAGE_BYTES, type SessionEvent } from '../contract/frames.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { newTenant } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import { appendEvents, createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { endTurn, markRunning, queueTurn, type Turn } from './turns.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const queue = (db: AgentDb, sessionId: string, n: number): Turn =>
  queueTurn(db, {
    sessionId,
    clientId: `client-${n}`,
    text: `Question ${n}`,
    by: 'Ann',
    workload: 'chat',
    maxQueued: 100,
    now: n,
  }).turn;
const answer = (db: AgentDb, turn: Turn, text: string): void => {
  markRunning(db, turn, 1, 1);
  endTurn(db, turn, { type: 'final', text, ms: 1 }, 1);
};

/** A socket to a tenant with a session of `count` turns, each of two events. */
async function longSession(count: number, text = (n: number): string => `Answer ${n}`) {
  const tenant = await newTenant();
  const caller = await join(tenant);
  const sessionId = await tenant.inside(({ db }) => {
    const { id } = createSession(db, { title: 'Long', maxSessions: 9, now: 1 });
    for (let n = 1; n <= count; n += 1) answer(db, queue(db, id, n), text(n));
    return id;
  });
  const client = await ChatClient.open(tenant.rpc, caller);
  const subscribe = async (turns: number) => {
    const at = client.frames.length;
    client.send({ type: 'subscribe', sessionId, after: 0, turns });
    await client.next('events', ({ caughtUp }) => caughtUp === true);
    const frames = client.frames.slice(at).filter((frame) => frame.type === 'events');
    return { events: frames.flatMap(({ events }) => events), cut: frames[0]?.cut };
  };
  const earlier = async (before: number, turns: number) => {
    const at = client.frames.length;
    client.send({ type: 'earlier', sessionId, before, turns });
    const { cut } = await client.next('earlier', ({ done }) => done);
    const frames = client.frames.slice(at).filter((frame) => frame.type === 'earlier');
    return { events: frames.flatMap(({ events }) => events), cut };
  };
  return { ...tenant, sessionId, client, subscribe, earlier };
}

const questions = (events: readonly SessionEvent[]): string[] =>
  events.flatMap(({ data }) => (data.type === 'user' ? [data.text] : []));

describe('a long session', () => {
  it('begins with its newest turns, and says where it was cut', async () => {
    const { subscribe } = await longSession(50);
    const { events, cut } = await subscribe(3);
    expect(questions(events)).toEqual(['Question 48', 'Question 49', 'Question 50']);
    expect(events.map(({ seq }) => seq)).toEqual([95, 96, 97, 98, 99, 100]);
    expect(cut).toBe(95);
  });

  it('is given whole when it is not longer than asked for', async () => {
    const { subscribe } = await longSession(3);
    expect(await subscribe(3)).toMatchObject({ cut: undefined, events: { length: 6 } });
  });

  it('is read upwards page by page to its first turn, nothing twice and nothing left out', async () => {
    const { subscribe, earlier } = await longSession(25);
    const newest = await subscribe(10);
    const seqs = newest.events.map(({ seq }) => seq);
    let cut: number | null | undefined = newest.cut;
    while (cut) {
      const page = await earlier(cut, 10);
      seqs.unshift(...page.events.map(({ seq }) => seq));
      cut = page.cut;
    }
    expect(seqs).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('ends a page before it is too large, and gives one turn at least', async () => {
    const { subscribe, earlier } = await longSession(6, () => 'x'.repeat(MAX_PAGE_BYTES / 2 - 500));
    const newest = await subscribe(5);
    expect(questions(newest.events)).toEqual(['Question 5', 'Question 6']);
    expect(questions((await earlier(newest.cut ?? 0, 1)).events)).toEqual(['Question 4']);
  });

  it('gives whole turns, also where a message was queued before the answer to the one before', async () => {
    const { inside, sessionId, subscribe, earlier } = await longSession(1);
    await inside(({ db }) => {
      const second = queue(db, sessionId, 2);
      const third = queue(db, sessionId, 3);
      answer(db, second, 'Answer 2');
      answer(db, third, 'Answer 3');
    });
    const newest = await subscribe(1);
    expect(newest.events.map(({ seq }) => seq)).toEqual([4, 6]);
    const page = await earlier(newest.cut ?? 0, 1);
    expect(page.events.map(({ seq }) => seq)).toEqual([3, 5]);
    expect(page.cut).toBe(3);
  });

  it('never cuts off a turn that is open', async () => {
    const { inside, sessionId, subscribe } = await longSession(2);
    await inside(({ db }) => {
      const running = queue(db, sessionId, 3);
      markRunning(db, running, 1, 1);
      for (const n of [4, 5, 6]) queue(db, sessionId, n);
      const data = [{ type: 'delta', text: 'so far' } as const];
      appendEvents(db, { sessionId, turnId: running.id, data, now: 1 });
    });
    const { events, cut } = await subscribe(1);
    expect(questions(events)).toEqual(['Question 3', 'Question 4', 'Question 5', 'Question 6']);
    expect(cut).toBe(5);
  });

  it('has nothing before its first turn', async () => {
    const { earlier } = await longSession(1);
    expect(await earlier(1, 5)).toEqual({ events: [], cut: null });
  });
});
