import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refreshed } from './refreshed.svelte.ts';

const EVERY_MS = 30_000;
let visibility: DocumentVisibilityState;
let answers: ({ at: number } | Error)[];
let reads: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  answers = [];
  reads = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function make(): Refreshed<{ at: number }> {
  return new Refreshed(
    () => ({ at: 1_000 }),
    async () => {
      reads += 1;
      const answer = answers.shift() ?? { at: Date.now() };
      if (answer instanceof Error) throw answer;
      return answer;
    },
  );
}

test('it is read again while the page is seen, and not while it is not', async () => {
  const refreshed = make();
  const stop = refreshed.watch(EVERY_MS);
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect([reads, refreshed.latest.at]).toEqual([1, 1_000 + EVERY_MS]);
  visibility = 'hidden';
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(reads).toBe(1);
  visibility = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(0);
  expect([reads, refreshed.latest.at]).toEqual([2, 1_000 + 4 * EVERY_MS]);
  // Seen again a moment later, it is new enough.
  document.dispatchEvent(new Event('visibilitychange'));
  expect(reads).toBe(2);
  stop();
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(reads).toBe(2);
});

test('what was read before stays when a try fails, and is said to be old until one does not', async () => {
  const refreshed = make();
  answers = [{ at: 2_000 }, new Error('down')];
  await refreshed.refresh();
  await refreshed.refresh();
  expect([refreshed.latest.at, refreshed.isStale]).toEqual([2_000, true]);
  await refreshed.refresh();
  expect(refreshed.isStale).toBe(false);
});

test('an answer that comes late puts nothing older in place of what the page came with', async () => {
  const refreshed = make();
  answers = [{ at: 900 }];
  await refreshed.refresh();
  expect(refreshed.latest.at).toBe(1_000);
});
