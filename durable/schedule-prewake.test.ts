import { describe, expect, it } from 'vitest';
import { wakeLeadMs } from './schedule-prewake.ts';
import { FIRST_WAKE_ESTIMATE_MS } from './wake.ts';

describe('how early an agent is woken', () => {
  it('is the time that almost all of its wakes stayed under, and a fifth more', () => {
    expect(wakeLeadMs([10_000])).toBe(12_000);
    expect(wakeLeadMs([1_000, 9_000, 2_000])).toBe(10_800);
    expect(wakeLeadMs([1, 2, 3, 4, 5, 6, 7, 8, 9, 10_000])).toBe(12_000);
  });

  it('is a minute at most', () => {
    expect(wakeLeadMs([55_000])).toBe(60_000);
  });

  it('is a guess for one that has never woken', () => {
    expect(wakeLeadMs([])).toBe(FIRST_WAKE_ESTIMATE_MS);
  });
});
