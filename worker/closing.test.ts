import { expect, it } from 'vitest';
import { CLOSE_AFTER_MS, daysToClose, MAX_DAYS_PER_RUN } from './closing.ts';

const DAY_MS = 86_400_000;
const TODAY = Date.UTC(2026, 10, 22);
const ago = (days: number): number => TODAY - days * DAY_MS;
const NOON = TODAY + DAY_MS / 2;

it('closes yesterday once it is over for two hours, and not before', () => {
  const known = { lastClosed: ago(2), first: null };
  expect(daysToClose(known, TODAY + CLOSE_AFTER_MS - 1)).toEqual([]);
  expect(daysToClose(known, TODAY + CLOSE_AFTER_MS)).toEqual([ago(1)]);
});

it('closes a day once', () => {
  expect(daysToClose({ lastClosed: ago(1), first: ago(9) }, NOON)).toEqual([]);
});

it('makes up for days that were missed, the oldest first', () => {
  expect(daysToClose({ lastClosed: ago(4), first: null }, NOON)).toEqual([ago(3), ago(2), ago(1)]);
});

it('starts at the first day in the books, and goes on where a run was long enough', () => {
  const first = ago(MAX_DAYS_PER_RUN + 2);
  const days = daysToClose({ lastClosed: null, first }, NOON);
  expect(days).toHaveLength(MAX_DAYS_PER_RUN);
  expect(days[0]).toBe(first);
  const rest = daysToClose({ lastClosed: days.at(-1) ?? 0, first: null }, NOON);
  expect(rest).toEqual([ago(2), ago(1)]);
});

it('starts at yesterday when the books are empty or begin today', () => {
  expect(daysToClose({ lastClosed: null, first: null }, NOON)).toEqual([ago(1)]);
  expect(daysToClose({ lastClosed: null, first: TODAY }, NOON)).toEqual([ago(1)]);
});

it('closes nothing when the clock went back', () => {
  expect(daysToClose({ lastClosed: ago(1), first: null }, ago(3))).toEqual([]);
});
