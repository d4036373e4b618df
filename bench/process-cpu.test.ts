import { expect, test } from 'vitest';
import { parseTicks, secondsOf } from './process-cpu.ts';

test('the ticks of a process count its own and those of children it has waited for', () => {
  const text = '42 (a) name (b) S 7 42 42 0 -1 4194304 90 0 3 0 100 20 3 4 20 0 11 0 5000 1 2';
  expect(parseTicks(text)).toEqual({ pid: 42, ppid: 7, ticks: 127 });
});

test('a family is a process and all that descend from it, in any order of listing', () => {
  const processes = [
    { pid: 30, ppid: 20, ticks: 100 },
    { pid: 20, ppid: 10, ticks: 50 },
    { pid: 10, ppid: 1, ticks: 25 },
    { pid: 99, ppid: 1, ticks: 1_000 },
  ];
  expect(secondsOf(10, processes)).toBe(1.75);
});

test('a machine without /proc gives no number rather than a wrong one', () => {
  expect(secondsOf(10, null)).toBeNaN();
});
