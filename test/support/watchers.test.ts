import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchers } from './watchers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a change wakes everybody who waits for it, and leaves no timer', async () => {
  const watchers = new Watchers();
  const waiting = Promise.all([watchers.next(1_000), watchers.next(2_000)]);
  watchers.notify();
  await waiting;
  expect(vi.getTimerCount()).toBe(0);
});

it('without a change the wait ends at its time, not before', async () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  void watchers.next(1_000).then(() => woken.push('next'));
  await vi.advanceTimersByTimeAsync(999);
  expect(woken).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(woken).toEqual(['next']);
});
