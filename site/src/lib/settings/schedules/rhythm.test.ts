import { expect, test } from 'vitest';
import { cronOf, cronWords, rhythmOf } from './rhythm.ts';

test.each([
  ['5 * * * *', 'hourly', 'Every hour at :05'],
  ['0 9 * * *', 'daily', 'Every day at 09:00'],
  ['30 18 * * 1-5', 'weekdays', 'Every weekday at 18:30'],
  ['0 8 * * 0', 'weekly', 'Every Sunday at 08:00'],
  ['0 8 22 * *', 'monthly', 'Every month on the 22nd at 08:00'],
  ['0 8 11 * *', 'monthly', 'Every month on the 11th at 08:00'],
  ['*/15 * * * *', 'custom', 'At */15 * * * *'],
  ['0 9 1 1 *', 'custom', 'At 0 9 1 1 *'],
  ['0 9 1 * 1', 'custom', 'At 0 9 1 * 1'],
  ['0 9-17 * * *', 'custom', 'At 0 9-17 * * *'],
])('%s is %s, in words: %s', (cron, kind, words) => {
  expect(rhythmOf(cron).kind).toBe(kind);
  expect(cronOf(rhythmOf(cron))).toBe(cron);
  expect(cronWords(cron)).toBe(words);
});

test('Sunday is 7 too', () => {
  expect(rhythmOf('0 8 * * 7').weekday).toBe(0);
});
