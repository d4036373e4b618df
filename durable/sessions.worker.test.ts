import { describe, expect, it } from 'vitest';
import type { EventData } from '../contract/frames.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import {
  appendEvents,
  createSession,
  deleteSession,
  dropDeltas,
  getSession,
  listSessions,
  readEvents,
  renameSession,
  streamedText,
  titleFrom,
  UNTITLED,
} from './sessions.ts';
import type { AgentDb } from './storage.ts';

const make = (db: AgentDb, now = NOW): string =>
  createSession(db, { title: undefined, maxSessions: 20, now }).id;
const delta = (text: string): EventData => ({ type: 'delta', text });
const append = (db: AgentDb, sessionId: string, turnId: string, ...data: EventData[]): number[] =>
  appendEvents(db, { sessionId, turnId, data, now: NOW }).map((event) => event.seq);
const seqs = (db: AgentDb, sessionId: string, after = 0, limit = 100): number[] =>
  readEvents(db, { sessionId, after, limit }).map((event) => event.seq);

describe('a session’s log', () => {
  it('numbers its events from 1, without gaps, apart from other sessions', () =>
    freshAgent().inside(({ db }) => {
      const [a, b] = [make(db), make(db)];
      expect(append(db, a, 't1', delta('x'), delta('y'))).toEqual([1, 2]);
      expect(append(db, b, 't2', delta('z'))).toEqual([1]);
      expect(append(db, a, 't1', delta('z'))).toEqual([3]);
      expect(getSession(db, a).lastSeq).toBe(3);
    }));

  it('never uses the number of a dropped delta again', () =>
    freshAgent().inside(({ db }) => {
      const id = make(db);
      append(db, id, 't1', { type: 'status', phase: 'starting_model' }, delta('a'), delta('b'));
      dropDeltas(db, 't1');
      expect(append(db, id, 't1', { type: 'final', text: 'ab', ms: 5 })).toEqual([4]);
      expect(seqs(db, id)).toEqual([4]);
    }));

  it('keeps a turn’s message, tool calls and end when its stream is dropped', () =>
    freshAgent().inside(({ db }) => {
      const id = make(db);
      const kept: EventData[] = [
        { type: 'user', text: 'hi', clientId: 'client-1', by: 'Ann' },
        { type: 'tool.start', callId: 'c', name: 'read', args: '' },
        { type: 'tool.result', callId: 'c', name: 'read', output: 'x', isError: false },
        { type: 'turn.reset', reason: 'restored' },
      ];
      append(db, id, 't1', ...kept, delta('a'), { type: 'tool.update', callId: 'c', output: 'x' });
      append(db, id, 't2', delta('of another turn'));
      dropDeltas(db, 't1');
      const left = readEvents(db, { sessionId: id, after: 0, limit: 100 });
      expect(left.map((event) => event.data)).toEqual([...kept, delta('of another turn')]);
    }));

  it('is read after a number, in order, a page at a time', () =>
    freshAgent().inside(({ db }) => {
      const id = make(db);
      append(db, id, 't1', ...Array.from({ length: 12 }, (_, i) => delta(String(i))));
      expect(seqs(db, id, 0, 5)).toEqual([1, 2, 3, 4, 5]);
      expect(seqs(db, id, 5, 5)).toEqual([6, 7, 8, 9, 10]);
      expect(seqs(db, id, 10, 5)).toEqual([11, 12]);
      expect(seqs(db, id, 12, 5)).toEqual([]);
    }));

  it('tells what a turn has streamed so far as one text', () =>
    freshAgent().inside(({ db }) => {
      const id = make(db);
      append(db, id, 't1', delta('Hel'), { type: 'status', phase: 'x' }, delta('lo'));
      append(db, id, 't2', delta('other'));
      expect(streamedText(db, 't1')).toBe('Hello');
    }));

  it('takes no event for a session that is not there', () =>
    freshAgent().inside(({ db }) => {
      expect(() => append(db, 'nowhere', 't1', delta('x'))).toThrow(
        expect.objectContaining({ code: 'session_not_found' }),
      );
    }));
});

describe('sessions', () => {
  it('are listed with the one touched last first', () =>
    freshAgent().inside(({ db }) => {
      const [a, b] = [make(db, NOW - 20), make(db, NOW - 10)];
      expect(listSessions(db).map(({ id }) => id)).toEqual([b, a]);
      append(db, a, 't1', delta('x'));
      expect(listSessions(db).map(({ id }) => id)).toEqual([a, b]);
    }));

  it('are bounded in number', () =>
    freshAgent().inside(({ db }) => {
      make(db);
      expect(() => createSession(db, { title: 'x', maxSessions: 1, now: NOW })).toThrow(
        expect.objectContaining({ code: 'limit_reached' }),
      );
    }));

  it('go with their log when they are deleted, and others stay', () =>
    freshAgent().inside(({ db }) => {
      const [a, b] = [make(db), make(db)];
      append(db, a, 't1', delta('x'));
      append(db, b, 't2', delta('y'));
      deleteSession(db, a, NOW);
      expect(() => getSession(db, a)).toThrow(
        expect.objectContaining({ code: 'session_not_found' }),
      );
      expect([seqs(db, a), seqs(db, b)]).toEqual([[], [1]]);
    }));

  it('are renamed, or not found', () =>
    freshAgent().inside(({ db }) => {
      expect(renameSession(db, make(db), 'Plans').title).toBe('Plans');
      expect(() => renameSession(db, 'nowhere', 'Plans')).toThrow(
        expect.objectContaining({ code: 'session_not_found' }),
      );
    }));

  it('take their title from the first line of the first message', () => {
    expect(titleFrom('  Plan a trip\nto Rome')).toBe('Plan a trip');
    expect(titleFrom('\n \n')).toBe(UNTITLED);
    const long = titleFrom('word '.repeat(40));
    expect(long.length).toBeLessThanOrEqual(60);
    expect(long).toMatch(/…$/);
  });
});
