import { describe, expect, it } from 'vitest';
import {
  chooseDeletions,
  chooseSweep,
  MAX_DELETIONS_PER_SWEEP,
  MAX_POKES_PER_SWEEP,
  MAX_RECORDS_PER_SWEEP,
  OVERDUE_MS,
} from './sweep.ts';

const NOW = 10 * OVERDUE_MS;
const row = (tenantId: string, changed: object = {}) => ({
  tenantId,
  version: 1,
  appliedVersion: 1,
  nextDueAt: null,
  ...changed,
});

describe('chooseSweep', () => {
  it('tells who is behind, pokes who is overdue, and leaves the others alone', () => {
    const rows = [
      row('behind', { version: 2 }),
      row('overdue', { nextDueAt: NOW - OVERDUE_MS - 1 }),
      row('both', { version: 2, nextDueAt: 0 }),
      row('late', { nextDueAt: NOW - OVERDUE_MS }),
      row('fine'),
    ];
    expect(chooseSweep(rows, { now: NOW, turn: 0 })).toEqual({
      tell: ['behind', 'both'],
      poke: ['overdue', 'both'],
    });
  });

  it('is bounded, and comes to everybody in time', () => {
    const rows = Array.from({ length: 333 }, (_, index) =>
      row(`t${index}`, { version: 2, nextDueAt: 0 }),
    );
    const told = new Set<string>();
    for (let turn = 1; turn <= Math.ceil(333 / MAX_RECORDS_PER_SWEEP); turn += 1) {
      const { tell, poke } = chooseSweep(rows, { now: NOW, turn });
      expect([tell.length, poke.length]).toEqual([MAX_RECORDS_PER_SWEEP, MAX_POKES_PER_SWEEP]);
      expect(new Set(tell).size).toBe(tell.length);
      for (const id of tell) told.add(id);
    }
    expect(told.size).toBe(333);
  });
});

it('chooseDeletions is bounded, and comes to everybody in time', () => {
  const ids = Array.from({ length: 45 }, (_, index) => `t${index}`);
  const turns = [0, 1, 2].map((turn) => chooseDeletions(ids, { turn }));
  expect(turns.map((chosen) => chosen.length)).toEqual(
    [0, 1, 2].map(() => MAX_DELETIONS_PER_SWEEP),
  );
  expect(new Set(turns.flat()).size).toBe(45);
  expect(chooseDeletions(['a', 'b'], { turn: 7 })).toEqual(['a', 'b']);
});
