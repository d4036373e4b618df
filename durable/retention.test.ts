import { describe, expect, it } from 'vitest';
import { DAMAGED_KEPT_MS, MAX_MANUAL_SNAPSHOTS, thin, type RetentionEntry } from './retention.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A Thursday, 00:30 UTC: in the middle of an hour, and the first of a UTC week of 7 × 24 h. */
const NOW = Date.UTC(2026, 9, 15, 0, 30);
const NONE: ReadonlySet<string> = new Set();

const at = (ageMs: number, changed: Partial<RetentionEntry> = {}): RetentionEntry => ({
  id: `${changed.kind ?? 'c'} ${ageMs}`,
  kind: 'checkpoint',
  state: 'stored',
  createdAt: NOW - ageMs,
  ...changed,
});
const ages = (...list: number[]): RetentionEntry[] => list.map((age) => at(age));
const kept = (entries: readonly RetentionEntry[], spared = NONE): number[] => {
  const gone = new Set(thin(entries, spared, NOW));
  return entries.filter(({ id }) => !gone.has(id)).map(({ createdAt }) => NOW - createdAt);
};

describe('retention keeps', () => {
  it.each([
    [
      'all of the last hour',
      [0, MINUTE, 2 * MINUTE, 59 * MINUTE],
      [0, MINUTE, 2 * MINUTE, 59 * MINUTE],
    ],
    [
      'the newest of each hour for a day',
      [2 * HOUR, 2 * HOUR + MINUTE, 3 * HOUR],
      [2 * HOUR, 3 * HOUR],
    ],
    [
      'the newest of each day for a week',
      [2 * DAY, 2 * DAY + 10 * MINUTE, 3 * DAY],
      [2 * DAY, 3 * DAY],
    ],
    [
      'the newest of each week for eight weeks',
      [2 * WEEK, 2 * WEEK + DAY, 2 * WEEK + 2 * DAY],
      [2 * WEEK, 2 * WEEK + DAY],
    ],
    ['nothing older than eight weeks', [8 * WEEK - 1, 8 * WEEK, 9 * WEEK], [8 * WEEK - 1]],
  ])('%s', (_what, given, expected) => {
    expect(kept(ages(...given))).toEqual(expected);
  });

  it('a bounded number, however many there were', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => at(index * 20 * MINUTE));
    const left = kept(many);
    expect(left.length).toBeLessThan(3 + 25 + 8 + 9);
    expect(Math.max(...left)).toBeGreaterThan(7 * WEEK);
    expect(left.slice(0, 3)).toEqual([0, 20 * MINUTE, 40 * MINUTE]);
  });

  it('what it has kept, when it is asked again', () => {
    const many = Array.from({ length: 500 }, (_, index) => at(index * 3 * HOUR));
    const gone = new Set(thin(many, NONE, NOW));
    expect(
      thin(
        many.filter(({ id }) => !gone.has(id)),
        NONE,
        NOW,
      ),
    ).toEqual([]);
  });

  it('the newest ones made on demand, besides the others and whatever their age', () => {
    const byHand = Array.from({ length: MAX_MANUAL_SNAPSHOTS + 2 }, (_, index) =>
      at(9 * WEEK + index * MINUTE, { kind: 'manual' }),
    );
    expect(kept(byHand)).toHaveLength(MAX_MANUAL_SNAPSHOTS);
    // In the same hour as one made on demand, another one stays too.
    expect(kept([at(2 * HOUR, { kind: 'manual' }), at(2 * HOUR + MINUTE)])).toHaveLength(2);
  });

  it('the head and what an operator wants back, whatever their age', () => {
    expect(kept(ages(9 * WEEK, 10 * WEEK), new Set([`c ${10 * WEEK}`]))).toEqual([10 * WEEK]);
  });

  it('damaged ones for a week, which stand in for no other', () => {
    const damaged = (age: number) => at(age, { state: 'damaged' });
    expect(kept([damaged(DAMAGED_KEPT_MS - 1), damaged(DAMAGED_KEPT_MS)])).toEqual([
      DAMAGED_KEPT_MS - 1,
    ]);
    expect(kept([damaged(2 * HOUR), at(2 * HOUR + MINUTE)])).toHaveLength(2);
  });

  it('what is under way, failed or going already: that is not for it to judge', () => {
    const others = (['ticketed', 'failed', 'deleting'] as const).map((state) =>
      at(10 * WEEK, { state, id: state }),
    );
    expect(thin(others, NONE, NOW)).toEqual([]);
  });
});
