import { expect, test } from 'vitest';
import { durationWords, runningWords } from './duration-words.ts';

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [3_240, '3.2 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [65_000, '1 min 5 s'],
  [11_520_000, '3 h 12 min'],
  [86_400_000, '1 d'],
  [273_600_000, '3 d 4 h'],
])('%d ms is %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

test('a time that runs counts whole seconds, and never below none', () => {
  expect([-5, 0, 999, 3_900].map(runningWords)).toEqual(['0 s', '0 s', '0 s', '3 s']);
});
