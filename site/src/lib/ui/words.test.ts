import { expect, test } from 'vitest';
import {
  dateWords,
  durationWords,
  fineMoneyWords,
  moneyWords,
  monthDayWords,
  plural,
  relativeWords,
  runningWords,
  sizeWords,
} from './words.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

test.each([
  [0, 'just now'],
  [-59_000, 'just now'],
  [30_000, 'in less than a minute'],
  [-5 * MINUTE, '5 minutes ago'],
  [80 * MINUTE, 'in 1 hour'],
  [7 * DAY - 1_000, 'in 7 days'],
  [-DAY, 'yesterday'],
  [3 * DAY, 'in 3 days'],
  [-20 * DAY, '3 weeks ago'],
  [-400 * DAY, 'last year'],
])('a moment %i ms from now is "%s"', (distance, words) => {
  expect(relativeWords(NOW + distance, NOW)).toBe(words);
});

test('a date names its day, and with a time its weekday, in the zone that is asked for', () => {
  expect(dateWords(NOW, { timeZone: 'UTC' })).toBe('22 Nov 2026');
  expect(dateWords(NOW, { timeZone: 'Asia/Tokyo', time: true })).toBe('Sun 22 Nov 2026, 21:00');
  const exact = { timeZone: 'UTC', time: true, seconds: true };
  expect(dateWords(NOW + 7_000, exact)).toBe('Sun 22 Nov 2026, 12:00:07');
  expect(monthDayWords(Date.UTC(2026, 11, 1))).toBe('1 December');
});

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
])('a time of %d ms is "%s"', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

test('a time that runs counts whole seconds, and never below none', () => {
  expect([-5, 0, 999, 3_900].map(runningWords)).toEqual(['0 s', '0 s', '0 s', '3 s']);
});

test('money is never shown as nothing when it is something', () => {
  expect([0, 1, 9_999_999, 10_000_000, 1_234_500_000_000].map(moneyWords)).toEqual([
    '$0.00',
    '< $0.01',
    '< $0.01',
    '$0.01',
    '$1,234.50',
  ]);
  expect([1_250_000, 64_953_800_000].map(fineMoneyWords)).toEqual(['$0.0013', '$64.95']);
});

test('numbers of things and bytes read as people say them', () => {
  expect([plural(1, 'run'), plural(1_200, 'run'), plural(0, 'entry', 'entries')]).toEqual([
    '1 run',
    '1,200 runs',
    '0 entries',
  ]);
  expect([0, 999, 14_600_000, 2_000_000_000].map(sizeWords)).toEqual([
    '0 bytes',
    '999 bytes',
    '14.6 MB',
    '2 GB',
  ]);
});
