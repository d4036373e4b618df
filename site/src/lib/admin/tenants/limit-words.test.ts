import { expect, test } from 'vitest';
import { limits } from '../../../../../contract/limits.ts';
import {
  changedLimits,
  LIMIT_NAMES,
  limitChangesOf,
  limitWords,
  readLimit,
  typedLimits,
} from './limit-words.ts';

test('every limit has its words', () => {
  expect(LIMIT_NAMES.toSorted()).toEqual(limits.keyof().options.toSorted());
});

test('limits are read and typed in units of people, and come back as they were', () => {
  expect(limitWords('maxNanoPerMonth', 2_500_000_000)).toBe('$2.5');
  expect(limitWords('minScheduleIntervalMs', 3_600_000)).toBe('60 minutes');
  expect(limitWords('maxTokensPerDay', 2_000_000)).toBe('2,000,000');
  const own = { maxNanoPerMonth: 2_500_000_000, minScheduleIntervalMs: 90_000, maxSessions: 20 };
  const typed = typedLimits(own);
  expect(typed).toMatchObject({
    maxNanoPerMonth: '2.5',
    minScheduleIntervalMs: '1.5',
    maxSchedules: '',
  });
  expect(limitChangesOf(own, typed)).toBeNull();
  expect(changedLimits(own, typed)).toBe('Save');
});

test('only what is typed otherwise is changed; what is emptied goes back to the tier', () => {
  const own = { maxSessions: 20 };
  const typed = { ...typedLimits(own), maxSessions: ' ', maxTokensPerDay: '1,000' };
  expect(limitChangesOf(own, typed)).toEqual({ maxSessions: null, maxTokensPerDay: 1_000 });
  expect(changedLimits(own, typed)).toBe('Save 2 changes');
});

test.each([
  ['maxSessions', '0', '1 to 10,000'],
  ['maxSessions', '1.5', '1 to 10,000'],
  ['maxSessions', 'many', '1 to 10,000'],
  ['maxSessions', '-3', '1 to 10,000'],
  ['minScheduleIntervalMs', '0.5', '1 minutes to'],
  ['maxNanoPerMonth', '2000000', '$0 to $1,000,000'],
] as const)('%s of %s is refused with what may be typed', (name, typed, range) => {
  expect(readLimit(name, typed).problem).toContain(range);
  expect(limitChangesOf(null, { ...typedLimits(null), [name]: typed })).toBeNull();
});
