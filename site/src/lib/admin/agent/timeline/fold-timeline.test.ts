import { expect, test } from 'vitest';
import type { TimelineData } from '../../../../../../contract/timeline.ts';
import { entry } from '../testing/inspected.ts';
import { foldTimeline, type Sleep, type Span } from './fold-timeline.ts';

const START: TimelineData = { type: 'start', restore: null };
const READY: TimelineData = { type: 'ready', ms: 12_000, restored: null };
const DRAIN: TimelineData = { type: 'drain', force: false, again: false };
const ASLEEP: TimelineData = { type: 'asleep', ms: 3_000 };
const TURN: TimelineData = {
  type: 'turn.ended',
  sessionId: 's',
  turnId: 't',
  state: 'error',
  ms: 1,
};
const CALL: TimelineData = {
  type: 'call',
  callId: 'c',
  turnId: null,
  workload: 'chat',
  model: 'm',
  attempts: 1,
  costNano: 5,
  outcome: 'ok',
  settledBy: 'exact',
  ms: 1,
};
const MINUTE = 60_000;

/** Items in short: a span as its rows, newest first, and a sleep as its minutes. */
const short = (items: (Span | Sleep)[]): unknown[] =>
  items.map((item) =>
    item.type === 'sleep'
      ? `asleep ${item.ms === null ? 'still' : item.ms / MINUTE}`
      : item.rows.map((row) =>
          row.type === 'gap' ? `${row.ms / MINUTE} idle` : row.entry.data.type,
        ),
  );

const DAY = [
  entry(1, START, 0),
  entry(2, READY, MINUTE),
  entry(3, CALL, 2 * MINUTE),
  entry(4, TURN, 3 * MINUTE),
  entry(5, TURN, 183 * MINUTE),
  entry(6, DRAIN, 188 * MINUTE),
  entry(7, ASLEEP, 189 * MINUTE),
  { ...entry(8, START, 489 * MINUTE), generation: 2 },
  { ...entry(9, READY, 490 * MINUTE), generation: 2 },
];

test('the entries of a wake are together, and times without any are one line', () => {
  expect(short(foldTimeline(DAY, null))).toEqual([
    ['ready', 'start'],
    'asleep 300',
    ['asleep', 'drain', 'turn.ended', '180 idle', 'turn.ended', 'call', 'ready', 'start'],
  ]);
});

test('a wake is summed up whole, whatever is shown of it', () => {
  const [shown] = foldTimeline(DAY, 'calls');
  expect(shown).toMatchObject({
    generation: 1,
    from: 0,
    to: 189 * MINUTE,
    isCut: false,
    sums: { turns: 2, calls: 1, costNano: 5, errors: 2, wakeMs: 12_000 },
  });
});

test('of one kind there are its entries alone, without lines that would say nothing happened', () => {
  expect(short(foldTimeline(DAY, 'errors'))).toEqual([['turn.ended', 'turn.ended']]);
  expect(short(foldTimeline(DAY, 'snapshots'))).toEqual([]);
});

test('a wake that goes on has no end, and one that is over and slept through goes on sleeping', () => {
  const [going] = foldTimeline(DAY, null);
  expect(going).toMatchObject({ type: 'span', to: null, isAwake: true });
  expect(short(foldTimeline(DAY.slice(5, 7), null))).toEqual(['asleep still', ['asleep', 'drain']]);
  expect(foldTimeline(DAY.slice(5, 7), null)[1]).toMatchObject({ isCut: true });
});

test('what happens while it sleeps is no part of a wake', () => {
  const asleep = [...DAY.slice(0, 7), entry(8, CALL, 190 * MINUTE), entry(9, CALL, 191 * MINUTE)];
  const [while_, wake] = foldTimeline(asleep, null);
  expect(while_).toMatchObject({ isAwake: false, isCut: false, sums: { calls: 2 } });
  expect(wake).toMatchObject({ isAwake: true, sums: { calls: 1 } });
  const fresh = [{ ...entry(1, CALL), generation: 0 }];
  expect(foldTimeline(fresh, null)[0]).toMatchObject({ isAwake: false, to: null });
});

test('nothing is nothing', () => {
  expect(foldTimeline([], null)).toEqual([]);
});
