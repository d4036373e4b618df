/** The ranges of days that the usage page offers. */
export const RANGES = {
  month: 'This month',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
} as const;
export type RangeName = keyof typeof RANGES;

const DAY_MS = 86_400_000;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The range that an address names; this month for none and for one that is none. */
export function rangeNamed(name: string | null): RangeName {
  return name !== null && Object.hasOwn(RANGES, name) ? (name as RangeName) : 'month';
}

/** First and last day of a range that ends today, `YYYY-MM-DD`, UTC, both included. */
export function daysOf(name: RangeName, now: number): { from: string; to: string } {
  const to = dayOf(now);
  if (name === 'month') return { from: `${to.slice(0, 8)}01`, to };
  return { from: dayOf(now - (Number.parseInt(name, 10) - 1) * DAY_MS), to };
}

/** Every day of a range with what was counted on it: reports leave out those of nothing. */
export function everyDay<T extends { key: string }>(
  range: { from: string; to: string },
  groups: readonly T[],
): { day: string; group: T | null }[] {
  const byDay = new Map(groups.map((group) => [group.key, group]));
  const [first, last] = [Date.parse(range.from), Date.parse(range.to)];
  const count = Math.round((last - first) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, index) => {
    const day = dayOf(first + index * DAY_MS);
    return { day, group: byDay.get(day) ?? null };
  });
}
