import { expect, test } from 'vitest';
import { ApiError } from '../api/http.ts';
import { Attempt } from './attempt.svelte.ts';

test('a second try while one is under way does nothing', async () => {
  const attempt = new Attempt();
  let runs = 0;
  let finish = (): void => undefined;
  const first = attempt.run(() => {
    runs += 1;
    return new Promise<void>((resolve) => (finish = resolve));
  });
  expect(await attempt.run(() => Promise.resolve((runs += 1)))).toBe(false);
  expect(attempt.isBusy).toBe(true);
  finish();
  expect([await first, runs, attempt.isBusy]).toEqual([true, 1, false]);
});

test('what went wrong is said with its hint, and forgotten at the next try', async () => {
  const attempt = new Attempt();
  const refused = new ApiError('conflict', 409, 'This is the last owner.', 'Make another first.');
  expect(await attempt.run(() => Promise.reject(refused))).toBe(false);
  expect(attempt.failure).toBe('This is the last owner. Make another first.');
  expect(await attempt.run(() => Promise.reject(new TypeError('x of undefined')))).toBe(false);
  expect(attempt.failure).toContain('Reload the page');
  expect(await attempt.run(() => Promise.resolve())).toBe(true);
  expect(attempt.failure).toBeNull();
});
