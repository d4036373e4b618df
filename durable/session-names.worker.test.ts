import { describe, expect, it } from 'vitest';
import { attempts } from '../db/agent/schema.ts';
import { admit, retry } from './admit.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { contextOf, metersOf, rowsOf } from './doubles/ledger.ts';
import type { RelayDeps } from './model-call.ts';
import { nameSession, wantsName } from './session-names.ts';
import { createSession, deleteSession, getSession, renameSession } from './sessions.ts';
import { settle } from './settle.ts';
import type { AgentDb } from './storage.ts';
import { endTurn, getTurn, markRunning, queueTurn, type Turn } from './turns.ts';

/** A session with one answered turn, whose title is made of its first message. */
function answered(db: AgentDb, title?: string): { sessionId: string; turn: Turn } {
  const { id: sessionId } = createSession(db, { title, maxSessions: 9, now: NOW });
  const turn = ask(db, sessionId, 'client-1', 'Plan my week, please');
  return { sessionId, turn };
}

function ask(db: AgentDb, sessionId: string, clientId: string, text: string): Turn {
  const asked = { sessionId, clientId, text, by: 'Ann', workload: 'chat', maxQueued: 4 } as const;
  const { turn } = queueTurn(db, { ...asked, now: NOW });
  markRunning(db, turn, 1, NOW);
  endTurn(db, turn, { type: 'final', text: 'Monday: rest.', ms: 1 }, NOW);
  return getTurn(db, turn.id)!;
}

/** A relay whose model answers with `content`, after `meanwhile`. */
function world(db: AgentDb, content: string | null, meanwhile = (): void => undefined) {
  const sent: { body: string }[] = [];
  const answer = (): Response => {
    meanwhile();
    if (content === null) return new Response('no', { status: 500 });
    const usage = { prompt_tokens: 30, completion_tokens: 4 };
    return Response.json({ choices: [{ message: { content } }], usage });
  };
  const deps: RelayDeps = {
    admit: async (input) => admit(contextOf(db), input),
    retry: async (ended, input) => retry(contextOf(db), ended, input),
    settle: async (input) => settle({ db, now: NOW }, input),
    gateway: {
      request: (attempt, body) =>
        ({ url: 'http://models', init: { body: JSON.stringify({ attempt, body }) } }) as never,
    },
    fetch: async (_url, init) => {
      sent.push({ body: String(init.body) });
      return answer();
    },
    waitUntil: () => undefined,
    now: () => NOW,
  };
  return { sent, name: (sessionId: string) => nameSession({ ...deps, db }, sessionId) };
}

describe('a session', () => {
  it('is named by the summarize workload after its first turn, and the call is booked', () =>
    freshAgent().inside(async ({ db }) => {
      const { sessionId, turn } = answered(db);
      expect(wantsName(db, turn)).toBe(true);
      const { name, sent } = world(db, '"A plan for the week."');
      expect(await name(sessionId)).toMatchObject({ id: sessionId, title: 'A plan for the week' });
      expect(sent[0]?.body).toContain('Plan my week, please');
      expect(sent[0]?.body).toContain('Monday: rest.');
      expect(rowsOf(db)).toMatchObject([
        { workload: 'summarize', source: 'agent', state: 'final', tokensIn: 30, turnId: null },
      ]);
      expect(metersOf(db).month.nano).toBeGreaterThan(0);
    }));

  it('is named once', () =>
    freshAgent().inside(async ({ db }) => {
      const { sessionId, turn } = answered(db);
      const { name, sent } = world(db, 'A plan');
      await name(sessionId);
      expect(wantsName(db, turn)).toBe(false);
      expect(await name(sessionId)).toBeNull();
      expect(sent).toHaveLength(1);
    }));

  it('is not named after a later turn', () =>
    freshAgent().inside(({ db }) => {
      const { sessionId } = answered(db);
      expect(wantsName(db, ask(db, sessionId, 'client-2', 'And then?'))).toBe(false);
    }));

  it('keeps a name that a person gave it', () =>
    freshAgent().inside(async ({ db }) => {
      const { sessionId, turn } = answered(db, 'Mine');
      expect(wantsName(db, turn)).toBe(false);
      const { name, sent } = world(db, 'A plan');
      expect(await name(sessionId)).toBeNull();
      expect(sent).toEqual([]);
    }));

  it('keeps a name that a person gave it while the model thought', () =>
    freshAgent().inside(async ({ db }) => {
      const { sessionId } = answered(db);
      const { name } = world(db, 'A plan', () => renameSession(db, sessionId, 'Mine'));
      expect(await name(sessionId)).toBeNull();
      expect(getSession(db, sessionId).title).toBe('Mine');
    }));

  it('that was deleted while the model thought stays deleted', () =>
    freshAgent().inside(async ({ db }) => {
      const { sessionId } = answered(db);
      const { name } = world(db, 'A plan', () => deleteSession(db, sessionId, NOW));
      expect(await name(sessionId)).toBeNull();
    }));

  it.each([
    ['an answer without a title', '  '],
    ['no answer', null],
  ])('keeps its first words after %s', (_, content) =>
    freshAgent().inside(async ({ db }) => {
      const { sessionId } = answered(db);
      await world(db, content)
        .name(sessionId)
        .catch(() => null);
      expect(getSession(db, sessionId).title).toBe('Plan my week, please');
      expect(
        db
          .select()
          .from(attempts)
          .all()
          .every(({ state }) => state !== 'open'),
      ).toBe(true);
    }),
  );
});
