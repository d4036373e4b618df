import { expect, it } from 'vitest';
import { MAX_STEP_BACKOFF_MS, nextAttemptAt, STEP_BACKOFF_MS } from './due.ts';

it('pauses twice as long after each failure, up to a bound', () => {
  const now = 5_000;
  const pauses = [1, 2, 3, 4].map((attempts) => nextAttemptAt(attempts, now) - now);
  expect(pauses).toEqual([1, 2, 4, 8].map((times) => times * STEP_BACKOFF_MS));
  expect(nextAttemptAt(50, now) - now).toBe(MAX_STEP_BACKOFF_MS);
  expect(nextAttemptAt(5_000, now) - now).toBe(MAX_STEP_BACKOFF_MS);
});
