import { expect, test } from 'vitest';
import { moneyWords } from '../../ui/words.ts';
import { besideSameTime, besideWholeDay } from './comparison.ts';

test.each([
  [0, 0, 'None yesterday either'],
  [5, 0, 'None yesterday'],
  [0, 5, '0% of yesterday’s 5'],
  [1, 1_000, 'Less than 1% of yesterday’s 1,000'],
  [400, 1_000, '40% of yesterday’s 1,000'],
  [5, 5, 'As many as all of yesterday’s 5'],
  [15, 10, '50% more than all of yesterday’s 10'],
  [1_000, 10, 'Over 1,000% more than all of yesterday’s 10'],
])('%i today after %i in all of yesterday is "%s"', (today, yesterday, words) => {
  expect(besideWholeDay({ today, yesterday })).toBe(words);
});

test('money is compared as money', () => {
  const spent = { today: 500_000_000, yesterday: 2_000_000_000, words: moneyWords };
  expect(besideWholeDay(spent)).toBe('25% of yesterday’s $2.00');
});

test.each([
  [0, 0, 'None by this time yesterday either'],
  [2, 0, 'None by this time yesterday'],
  [2, 2, 'As many as by this time yesterday'],
  [7, 5, '2 more than by this time yesterday'],
  [0, 1_200, '1,200 fewer than by this time yesterday'],
])('%i today after %i by the same time is "%s"', (today, yesterday, words) => {
  expect(besideSameTime({ today, yesterday })).toBe(words);
});
