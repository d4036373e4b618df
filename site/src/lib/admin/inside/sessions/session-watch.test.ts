import { expect, test, vi } from 'vitest';
import type { SessionEvent, SessionView } from '../../../../../../contract/frames.ts';
import { ApiError } from '../../../api/http.ts';
import {
  MIN_PAUSE_MS,
  NEWEST_EVENTS,
  SessionWatch,
  type WatchDeps,
} from './session-watch.svelte.ts';

const SESSION: SessionView = {
  id: '01JD0000000000000000000001',
  title: 'Plan the week',
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 2,
  working: true,
};
const user = (seq: number, text = 'Hi', turnId = `t${seq}`): SessionEvent => ({
  seq,
  turnId,
  at: 1,
  data: { type: 'user', text, clientId: 'c', by: 'Ada' },
});
const delta = (seq: number, text: string, turnId: string): SessionEvent => ({
  seq,
  turnId,
  at: 1,
  data: { type: 'delta', text },
});

/** A session whose log is what a test puts into it. */
function setUp(session: Partial<SessionView> = {}, log: SessionEvent[] = []) {
  const world = { session: { ...SESSION, ...session }, log, isVisible: true };
  const plans: { task: () => void; ms: number; isCalledOff: boolean }[] = [];
  const read = vi.fn<WatchDeps['read']>(async ({ after, limit }) => {
    const events = world.log.filter(({ seq }) => seq > after);
    const page = events.slice(0, limit);
    return { session: world.session, events: page, more: page.length < events.length };
  });
  const later = (task: () => void, ms: number): (() => void) => {
    const plan = { task, ms, isCalledOff: false };
    plans.push(plan);
    return () => (plan.isCalledOff = true);
  };
  const deps = { read, later, isVisible: () => world.isVisible };
  const watch = new SessionWatch(deps, world.session);
  /** The look that is planned, if one is. */
  const planned = () => plans.findLast((plan) => !plan.isCalledOff);
  const settled = () => vi.waitFor(() => expect(watch.isReading).toBe(false));
  return { world, watch, read, planned, settled };
}

test('nothing is read before its reader wants it, whatever happens in it', () => {
  const { watch, read } = setUp();
  watch.news();
  expect([watch.isOpen, read.mock.calls]).toEqual([false, []]);
});

test('a turn that runs is followed, more slowly while it says nothing, and left when it has ended', async () => {
  const { world, watch, read, planned, settled } = setUp({}, [user(1)]);
  await watch.open();
  expect(watch.log.turns.map(({ question }) => question)).toEqual(['Hi']);
  expect(planned()?.ms).toBe(MIN_PAUSE_MS);
  for (const slower of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const before = planned()?.ms ?? 0;
    planned()?.task();
    await settled();
    expect(planned()?.ms, String(slower)).toBeGreaterThanOrEqual(before);
  }
  expect(planned()?.ms).toBe(8_000);
  world.log.push(delta(2, 'Hello', 't1'));
  planned()?.task();
  await settled();
  expect([watch.log.turns[0]?.answer, planned()?.ms]).toEqual(['Hello', MIN_PAUSE_MS]);
  world.log.push({ seq: 3, turnId: 't1', at: 1, data: { type: 'final', text: 'Hello.', ms: 5 } });
  world.session = { ...world.session, working: false };
  planned()?.task();
  await settled();
  expect(watch.log.turns[0]).toMatchObject({ state: 'done', answer: 'Hello.' });
  expect(planned()).toBeUndefined();
  expect(read.mock.calls.map(([{ after }]) => after).slice(-3)).toEqual([1, 1, 2]);
});

test('news of it are read at once, and news in the midst of a reading are not forgotten', async () => {
  const { world, watch, read, planned, settled } = setUp({ working: false }, [user(1)]);
  await watch.open();
  expect(planned()).toBeUndefined();
  watch.news();
  watch.news();
  await settled();
  expect(read).toHaveBeenCalledTimes(2);
  expect(planned()?.ms).toBeGreaterThanOrEqual(MIN_PAUSE_MS);
  world.log.push(user(2, 'More'));
  planned()?.task();
  await settled();
  expect(watch.log.turns).toHaveLength(2);
});

test('out of sight it is not asked for', async () => {
  const { world, watch, planned } = setUp({}, [user(1)]);
  world.isVisible = false;
  await watch.open();
  expect(planned()).toBeUndefined();
});

test('a long session begins with its newest part, whole turns only, and is read whole on request', async () => {
  const log = Array.from({ length: NEWEST_EVENTS + 100 }, (_, n) => user(n + 1, `No. ${n + 1}`));
  const { watch } = setUp({ lastSeq: log.length, working: false }, log);
  await watch.open();
  expect([watch.log.turns.length, watch.log.cut]).toEqual([NEWEST_EVENTS, 101]);
  expect(watch.log.turns[0]?.question).toBe('No. 101');
  await watch.fromStart();
  expect([watch.log.turns.length, watch.log.cut]).toEqual([NEWEST_EVENTS + 100, null]);
});

test('a turn that has talked for long is shown with its question', async () => {
  const words = Array.from({ length: NEWEST_EVENTS + 50 }, (_, n) => delta(n + 2, 'word ', 't1'));
  const log = [user(1, 'Tell me all'), ...words];
  const { watch } = setUp({ lastSeq: log.length }, log);
  await watch.open();
  expect(watch.log.turns).toMatchObject([{ question: 'Tell me all', state: 'open' }]);
});

test('a reading that fails is tried again, and one that is refused is not', async () => {
  const { watch, read, planned, settled } = setUp();
  read.mockRejectedValueOnce(new ApiError('unreachable', 0, 'The connection failed.'));
  await watch.open();
  expect(watch.failure).toBe('The connection failed.');
  expect(planned()).toBeDefined();
  read.mockRejectedValueOnce(new ApiError('session_not_found', 404, 'There is no such session.'));
  planned()?.task();
  await settled();
  expect(watch.failure).toBe('There is no such session.');
  expect(planned()).toBeUndefined();
  watch.news();
  expect(read).toHaveBeenCalledTimes(2);
});
