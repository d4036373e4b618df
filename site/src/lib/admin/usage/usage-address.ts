const DAY_MS = 86_400_000;

/** The ranges that are offered by name; they end today, UTC. */
export const RANGES = {
  today: 'Today',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
} as const;
export type RangeName = keyof typeof RANGES;
const DAYS: Record<RangeName, number> = { today: 1, '7d': 7, '30d': 30, '90d': 90 };
const USUAL: RangeName = '30d';

/** What usage may be narrowed down by, in the order in which it is shown. */
export const FILTERS = ['tenant', 'model', 'workload', 'platform', 'tier'] as const;
export type Filter = (typeof FILTERS)[number];
export type UsageFilters = Partial<Record<Filter, string>>;

/** What an address of the page says. */
export interface UsageQuestion {
  /** First and last day, `YYYY-MM-DD`, UTC, both included. */
  from: string;
  to: string;
  /** The name of that range; null for days that were chosen. */
  range: RangeName | null;
  filters: UsageFilters;
  /** How calls of the list ended; null for all. */
  outcome: string | null;
  cursor: string | null;
}

const nameOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** A day of the calendar as an address names it, or null. */
function dayIn(text: string | null): string | null {
  const at = text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : nameOf(at);
}

function rangeIn(
  search: URLSearchParams,
  now: number,
): Pick<UsageQuestion, 'from' | 'to' | 'range'> {
  const [from, to] = [dayIn(search.get('from')), dayIn(search.get('to'))];
  if (from !== null && to !== null && from <= to) return { from, to, range: null };
  const name = search.get('range') ?? '';
  const range = Object.hasOwn(RANGES, name) ? (name as RangeName) : USUAL;
  return { from: nameOf(now - (DAYS[range] - 1) * DAY_MS), to: nameOf(now), range };
}

/** Reads the address; what it says wrongly is as if it said nothing: the last 30 days of everything. */
export function usageQuestion({ searchParams: search }: URL, now: number): UsageQuestion {
  const filters: UsageFilters = {};
  for (const name of FILTERS) {
    const value = search.get(name);
    if (value) filters[name] = value;
  }
  const outcome = search.get('outcome') || null;
  return { ...rangeIn(search, now), filters, outcome, cursor: search.get('cursor') };
}
