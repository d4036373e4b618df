import { expect, test } from 'vitest';
import { percentileOf, spreadOf } from './statistics.ts';

test('the median of an odd count is the middle one, in number order', () => {
  expect(spreadOf([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
});

test('the median of an even count lies between the two in the middle', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test('a bench that measured nothing is an error', () => {
  expect(() => spreadOf([])).toThrow(RangeError);
});

test('a percentile is the value that so many percent do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentileOf(hundred, 50)).toBe(50);
  expect(percentileOf(hundred, 95)).toBe(95);
  expect(percentileOf([7], 95)).toBe(7);
  expect(() => percentileOf([], 50)).toThrow(RangeError);
});
