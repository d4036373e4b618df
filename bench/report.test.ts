import { expect, test } from 'vitest';
import { holds, renderTable } from './report.ts';

test('a bound holds up to its limit', () => {
  expect(holds({ name: 'ratio', measured: 1.1, limit: 1.1 })).toBe(true);
  expect(holds({ name: 'ratio', measured: 1.101, limit: 1.1 })).toBe(false);
});

test('a bound that could not be measured does not hold', () => {
  expect(holds({ name: 'ratio', measured: NaN, limit: 1.1 })).toBe(false);
});

test('a table has one column per heading, with names to the left and numbers to the right', () => {
  const rows: Record<string, string>[] = [
    { start: 'by hand', ms: '9' },
    { start: 'fresh', ms: '1000', restore: '-' },
  ];
  expect(renderTable(rows).split('\n')).toEqual([
    'start      ms  restore',
    'by hand     9',
    'fresh    1000        -',
  ]);
});
