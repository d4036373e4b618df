import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { turns } from '../db/agent/schema.ts';
import { FakeOpenClaw } from './doubles/fake-openclaw.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { recallLost } from './recall.ts';
import { createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { endTurn, getTurn, markRunning, queueTurn, sessionKeyOf, type Turn } from './turns.ts';

/** A session in which turns were said and answered, each in a generation and at a time. */
function world(db: AgentDb) {
  const openclaw = new FakeOpenClaw();
  const sessionId = createSession(db, { title: undefined, maxSessions: 20, now: NOW }).id;
  const say = (word: string, life: { generation: number; endedAt: number }): Turn => {
    const { turn } = queueTurn(db, {
      sessionId,
      clientId: `client-${word}`,
      text: `My word is ${word}.`,
      by: 'Ann',
      workload: 'chat',
      maxQueued: 4,
      now: NOW,
    });
    markRunning(db, turn, life.generation, NOW);
    endTurn(db, turn, { type: 'final', text: `I keep ${word}.`, ms: 1 }, life.endedAt);
    return turn;
  };
  const recall = (generation: number, savedAt: number): Promise<number> =>
    recallLost(
      { db, openGateway: async () => ({ socket: openclaw.connect(), token: 't' }) },
      { sessionId, generation, savedAt },
    );
  return { openclaw, say, recall, sessionKey: sessionKeyOf(sessionId) };
}

describe('recalling what a lost sandbox knew', () => {
  it('tells OpenClaw of the turns after the restore point, oldest first', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, say, recall, sessionKey } = world(db);
      say('saved', { generation: 1, endedAt: NOW - 10 });
      say('lost', { generation: 1, endedAt: NOW + 10 });
      say('later', { generation: 1, endedAt: NOW + 20 });
      expect(await recall(2, NOW)).toBe(2);
      const { sessionKey: key, message } = await openclaw.until('chat.inject');
      expect(key).toBe(sessionKey);
      expect(message).toMatch(/My word is lost[\s\S]*I keep lost[\s\S]*My word is later/);
      expect(message).not.toContain('My word is saved');
    }));

  it('tells it once in each generation, and again in one that starts from the older state', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, say, recall } = world(db);
      const turn = say('lost', { generation: 1, endedAt: NOW + 10 });
      expect(await recall(2, NOW)).toBe(1);
      expect(await recall(2, NOW)).toBe(0);
      expect(getTurn(db, turn.id)?.generation).toBe(2);
      expect(await recall(3, NOW)).toBe(1);
      expect(await recall(4, NOW + 20), 'saved by then').toBe(0);
      expect(openclaw.methods().filter((method) => method === 'chat.inject')).toHaveLength(2);
    }));

  it('does not tell it twice when the object died before it could note that it had', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, say, recall } = world(db);
      const turn = say('lost', { generation: 1, endedAt: NOW + 10 });
      await recall(2, NOW);
      const { message } = await openclaw.until('chat.inject');
      db.update(turns).set({ generation: 1 }).where(eq(turns.id, turn.id)).run();
      openclaw.history = { messages: [{ role: 'assistant', content: message }] };
      expect(await recall(2, NOW)).toBe(0);
      expect(openclaw.methods().filter((method) => method === 'chat.inject')).toHaveLength(1);
    }));

  it('says nothing of what OpenClaw does know', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, say, recall } = world(db);
      const turn = say('known', { generation: 1, endedAt: NOW + 10 });
      openclaw.history = {
        messages: [{ role: 'user', content: turn.text, idempotencyKey: `${turn.id}:user` }],
      };
      expect(await recall(2, NOW)).toBe(0);
      expect(openclaw.methods()).not.toContain('chat.inject');
    }));

  it('asks OpenClaw nothing when nothing was lost', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, say, recall } = world(db);
      say('own', { generation: 2, endedAt: NOW + 10 });
      expect(await recall(2, NOW)).toBe(0);
      expect(openclaw.methods()).toEqual([]);
    }));

  it('keeps its note within bounds', () =>
    freshAgent().inside(async ({ db }) => {
      const { openclaw, say, recall } = world(db);
      for (let n = 0; n < 30; n += 1) {
        say(`${n}`.padStart(5_000, 'x'), { generation: 1, endedAt: NOW + n + 1 });
      }
      expect(await recall(2, NOW)).toBe(20);
      const { message } = await openclaw.until('chat.inject');
      expect(String(message).length).toBeLessThan(20 * 2 * 4_200);
    }));
});
