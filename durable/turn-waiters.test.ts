import { expect, it, vi } from 'vitest';
import { TurnWaiters } from './turn-waiters.ts';

const HOUR_MS = 3_600_000;

it('lets everybody go who waits for a turn when it ends', async () => {
  const waiters = new TurnWaiters();
  const both = Promise.all([waiters.wait('turn', HOUR_MS), waiters.wait('turn', HOUR_MS)]);
  waiters.ended('turn');
  await both;
});

it('does not let go who waits for another turn', async () => {
  vi.useFakeTimers();
  const waiters = new TurnWaiters();
  const free = vi.fn();
  const waiting = waiters.wait('turn', 1_000).then(free);
  waiters.ended('another');
  await vi.advanceTimersByTimeAsync(999);
  expect(free).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  vi.useRealTimers();
});

it('still lets go who waits longer after another has given up on the same turn', async () => {
  vi.useFakeTimers();
  const waiters = new TurnWaiters();
  const free = vi.fn();
  const patient = waiters.wait('turn', HOUR_MS).then(free);
  const hasty = waiters.wait('turn', 10);
  await vi.advanceTimersByTimeAsync(10);
  await hasty;
  waiters.ended('turn');
  await vi.advanceTimersByTimeAsync(0);
  expect(free).toHaveBeenCalledOnce();
  await patient;
  vi.useRealTimers();
});

it('lets nobody wait beyond its bound', async () => {
  vi.useFakeTimers();
  const waiters = new TurnWaiters();
  const waiting = Array.from({ length: 200 }, () => waiters.wait('turn', 10));
  await waiters.wait('turn', HOUR_MS);
  await vi.advanceTimersByTimeAsync(10);
  await Promise.all(waiting);
  vi.useRealTimers();
});
