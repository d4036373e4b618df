/** The middle and the ends of some measurements, in their own unit. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @returns the spread of `values`. RangeError when there are none: a bench that measured nothing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = sortedOf(values);
  const min = sorted[0] as number;
  const max = sorted.at(-1) as number;
  const upper = sorted[Math.floor(sorted.length / 2)] as number;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] as number;
  return { median: (lower + upper) / 2, min, max };
}

/**
 * @returns the smallest of `values` that at least `percent` percent of them do not exceed (the
 * nearest-rank percentile). RangeError when there are none.
 */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = sortedOf(values);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(rank, 1) - 1] as number;
}

function sortedOf(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('nothing was measured');
  return values.toSorted((a, b) => a - b);
}
