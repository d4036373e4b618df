import { expect, it } from 'vitest';
import type { TimelineData } from '../contract/timeline.ts';
import { INITIAL_WAKE, MAX_START_ATTEMPTS, transition, type WakeEvent } from './wake.ts';
import { wakeNews } from './wake-news.ts';

const RESTORE = { id: 'snapshot', size: 1, sha256: 'a'.repeat(64) };
const TOKENS = { supervisor: 's', gateway: 'g' };
const failure = { code: 'no_instance', message: 'Nothing is free.' };
const demand: WakeEvent = { type: 'demand', insist: true, restore: RESTORE, tokens: TOKENS };

/** What a life is told as: an event each 10 ms, and the news of each. */
function told(events: WakeEvent[]): (TimelineData | null)[] {
  let wake = { ...INITIAL_WAKE, since: 1_000 };
  let now = 1_000;
  return events.map((event) => {
    now += 10;
    const before = wake;
    wake = transition(before, event, now);
    return wakeNews(before, wake);
  });
}

it('tells a life from its start to its sleep, with how long things took', () => {
  expect(
    told([
      demand,
      { type: 'stage', generation: 1, stage: 'restoring' },
      { type: 'stage', generation: 1, stage: 'booting' },
      { type: 'stage', generation: 1, stage: 'ready' },
      { type: 'drain', force: false, again: true },
      { type: 'unsaved', generation: 1, ...failure, answered: true },
      { type: 'drain', force: true },
      { type: 'slept', generation: 1 },
    ]),
  ).toEqual([
    { type: 'start', restore: 'snapshot' },
    { type: 'stage', stage: 'restoring', ms: 10 },
    { type: 'stage', stage: 'booting', ms: 20 },
    { type: 'ready', ms: 30, restored: 'snapshot' },
    { type: 'drain', force: false, again: true },
    { type: 'unsaved', ...failure, nextTryAt: 2_060, attempts: 1 },
    { type: 'drain', force: true, again: true },
    { type: 'asleep', ms: 30 },
  ]);
});

it('tells of each failure in a row, and of the last that it waits for somebody', () => {
  const events: WakeEvent[] = [];
  for (let generation = 1; generation <= MAX_START_ATTEMPTS; generation += 1) {
    events.push(demand, { type: 'lost', generation, ...failure, lasting: false });
  }
  // Each demand by an operator counts anew.
  expect(told(events).filter((news) => news?.type === 'failed')).toEqual(
    Array.from({ length: MAX_START_ATTEMPTS }, (_, i) => ({
      type: 'failed',
      ...failure,
      nextTryAt: 2_020 + i * 20,
      attempts: 1,
    })),
  );
  const lasting: WakeEvent = { type: 'lost', generation: 1, ...failure, lasting: true };
  expect(told([demand, lasting])[1]).toMatchObject({ nextTryAt: null });
});

it('tells nothing of what changed nothing, and that a sleep was cut off', () => {
  expect(told([{ type: 'slept', generation: 0 }])).toEqual([null]);
  expect(told([demand, demand])[1]).toBeNull();
  expect(told([demand, { type: 'discard' }])[1]).toEqual({ type: 'asleep', ms: 0 });
});
