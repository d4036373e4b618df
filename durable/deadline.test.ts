import { afterEach, describe, expect, it, vi } from 'vitest';
import { atMost, withDeadline } from './deadline.ts';

afterEach(() => void vi.useRealTimers());

describe('work with a deadline', () => {
  it('that is done leaves no timer behind', async () => {
    vi.useFakeTimers();
    expect(await withDeadline(60_000, async () => 'done')).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that fails leaves no timer behind either', async () => {
    vi.useFakeTimers();
    await expect(withDeadline(60_000, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that takes too long is told to stop', async () => {
    vi.useFakeTimers();
    const late = withDeadline(
      1_000,
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    late.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(late).rejects.toThrow('no answer in time');
  });
});

describe('waiting for work', () => {
  it('ends with the work, or without it when that takes longer, and leaves no timer', async () => {
    vi.useFakeTimers();
    await atMost(1_000, Promise.resolve());
    const waiting = atMost(1_000, new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });
});
