import { describe, expect, it } from 'vitest';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { appendEvents, createSession, getSession, readEvents } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import {
  endTurn,
  getTurn,
  headTurns,
  markRunning,
  openTurns,
  queueTurn,
  turnView,
  type Turn,
} from './turns.ts';

const makeSession = (db: AgentDb): string =>
  createSession(db, { title: undefined, maxSessions: 20, now: NOW }).id;
const queue = (db: AgentDb, sessionId: string, clientId: string, maxQueued = 4) =>
  queueTurn(db, {
    sessionId,
    clientId,
    text: `text of ${clientId}`,
    by: 'Ann',
    workload: 'chat',
    maxQueued,
    now: NOW,
  });
const types = (db: AgentDb, sessionId: string): string[] =>
  readEvents(db, { sessionId, after: 0, limit: 100 }).map((event) => event.data.type);

describe('a message', () => {
  it('is one event and one queued turn', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      const { turn, added } = queue(db, id, 'client-1');
      expect(turn).toMatchObject({ state: 'queued', userSeq: 1, startedAt: null });
      expect(added.map((event) => event.data)).toEqual([
        { type: 'user', text: 'text of client-1', clientId: 'client-1', by: 'Ann' },
      ]);
      expect(getSession(db, id)).toMatchObject({ working: true, title: 'text of client-1' });
    }));

  it('sent again under the same id answers the same turn and adds nothing', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      const first = queue(db, id, 'client-1');
      expect(queue(db, id, 'client-1')).toEqual({ turn: first.turn, added: [] });
      endTurn(db, first.turn, { type: 'final', text: 'x', ms: 1 }, NOW);
      expect(queue(db, id, 'client-1')).toMatchObject({ turn: { id: first.turn.id }, added: [] });
      expect(types(db, id)).toEqual(['user', 'final']);
    }));

  it('under the same id in another session is another message', () =>
    freshAgent().inside(({ db }) => {
      const one = queue(db, makeSession(db), 'client-1');
      const other = queue(db, makeSession(db), 'client-1');
      expect(other.turn.id).not.toBe(one.turn.id);
    }));

  it('is refused when too many wait, and leaves no trace', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      queue(db, id, 'client-1', 2);
      queue(db, id, 'client-2', 2);
      expect(() => queue(db, id, 'client-3', 2)).toThrow(
        expect.objectContaining({ code: 'queue_full' }),
      );
      expect(types(db, id)).toEqual(['user', 'user']);
      expect(openTurns(db)).toHaveLength(2);
    }));

  it('that runs already does not count as waiting', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      markRunning(db, queue(db, id, 'client-1', 1).turn, 1, NOW);
      expect(queue(db, id, 'client-2', 1).added).toHaveLength(1);
    }));
});

describe('the turns to carry next', () => {
  it('are one of each session: the running one, else the first that waits', () =>
    freshAgent().inside(({ db }) => {
      const [a, b] = [makeSession(db), makeSession(db)];
      const a1 = queue(db, a, 'client-a1').turn;
      const a2 = queue(db, a, 'client-a2').turn;
      const b1 = queue(db, b, 'client-b1').turn;
      expect(new Set(headTurns(db).map(({ id }) => id))).toEqual(new Set([a1.id, b1.id]));
      markRunning(db, a2, 1, NOW);
      expect(new Set(headTurns(db).map(({ id }) => id))).toEqual(new Set([a2.id, b1.id]));
      endTurn(db, b1, { type: 'final', text: '', ms: 1 }, NOW);
      expect(headTurns(db).map(({ id }) => id)).toEqual([a2.id]);
    }));

  it('come in the order in which their messages were sent, within one millisecond too', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      const sent = Array.from({ length: 12 }, (_, i) => queue(db, id, `client-${i}`, 20).turn.id);
      expect(openTurns(db).map((turn) => turn.id)).toEqual(sent);
    }));
});

describe('a turn', () => {
  it('keeps the time of its first start when it is attached again', () =>
    freshAgent().inside(({ db }) => {
      const { turn } = queue(db, makeSession(db), 'client-1');
      markRunning(db, turn, 1, NOW);
      markRunning(db, getTurn(db, turn.id) as Turn, 2, NOW + 99);
      expect(getTurn(db, turn.id)).toMatchObject({ startedAt: NOW, generation: 2 });
    }));

  it('ends once: its last event stands for what it streamed, a second end changes nothing', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      const { turn } = queue(db, id, 'client-1');
      markRunning(db, turn, 1, NOW);
      appendEvents(db, {
        sessionId: id,
        turnId: turn.id,
        data: [{ type: 'delta', text: 'Hello' }],
        now: NOW,
      });
      const first = endTurn(db, turn, { type: 'final', text: 'Hello', ms: 7 }, NOW + 7);
      expect(first.map((event) => event.data.type)).toEqual(['final']);
      expect(endTurn(db, turn, { type: 'aborted', text: '', by: 'Ann' }, NOW + 8)).toEqual([]);
      expect(types(db, id)).toEqual(['user', 'final']);
      expect(getTurn(db, turn.id)).toMatchObject({ state: 'done', endedAt: NOW + 7 });
      expect(getSession(db, id).working).toBe(false);
    }));

  it('is shown to programs with its answer or its error', () =>
    freshAgent().inside(({ db }) => {
      const id = makeSession(db);
      const view = (turn: Turn) => turnView(db, getTurn(db, turn.id) ?? turn);
      const [done, stopped, failed] = ['client-1', 'client-2', 'client-3'].map(
        (clientId) => queue(db, id, clientId).turn,
      ) as [Turn, Turn, Turn];
      expect(view(done)).toMatchObject({ state: 'queued', seq: 1, answer: null, error: null });
      endTurn(db, done, { type: 'final', text: 'Yes.', ms: 1 }, NOW);
      endTurn(db, stopped, { type: 'aborted', text: 'Ye', by: 'Ann' }, NOW);
      const error = { code: 'turn_failed', message: 'It broke.', retryable: true, text: '' };
      endTurn(db, failed, { type: 'error', ...error }, NOW);
      expect(view(done)).toMatchObject({ state: 'done', answer: 'Yes.', error: null });
      expect(view(stopped)).toMatchObject({ state: 'aborted', answer: 'Ye', error: null });
      expect(view(failed)).toMatchObject({
        state: 'error',
        answer: null,
        error: { code: 'turn_failed', message: 'It broke.' },
      });
    }));
});
