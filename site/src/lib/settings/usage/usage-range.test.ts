import { expect, test } from 'vitest';
import { daysOf, everyDay, rangeNamed } from './usage-range.ts';

const NOW = Date.UTC(2026, 10, 22, 23, 59);

test('an address names a range, and what is none is this month', () => {
  expect([rangeNamed('7d'), rangeNamed(null), rangeNamed('x'), rangeNamed('toString')]).toEqual([
    '7d',
    'month',
    'month',
    'month',
  ]);
});

test('ranges end today and count both ends', () => {
  expect(daysOf('month', NOW)).toEqual({ from: '2026-11-01', to: '2026-11-22' });
  expect(daysOf('7d', NOW)).toEqual({ from: '2026-11-16', to: '2026-11-22' });
});

test('days of nothing are days too', () => {
  const days = everyDay({ from: '2026-10-30', to: '2026-11-02' }, [{ key: '2026-10-31' }]);
  expect(days.map(({ day, group }) => [day, group !== null])).toEqual([
    ['2026-10-30', false],
    ['2026-10-31', true],
    ['2026-11-01', false],
    ['2026-11-02', false],
  ]);
});
