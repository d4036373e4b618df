import type { UsageRow } from '../../../contract/usage.ts';
import type { AgentBooks, Books, DailyRow } from './books.ts';

const DAY_MS = 86_400_000;

type Key = Pick<DailyRow, 'day' | 'tenant_id' | 'platform' | 'tier' | 'workload' | 'model'>;
type Sums = Omit<DailyRow, keyof Key>;

const keyOf = ({ day, tenant_id, platform, tier, workload, model }: Key): string =>
  [new Date(day).toISOString().slice(0, 10), tenant_id, platform, tier, workload, model].join(' ');

const dayOf = ({ created_at }: UsageRow): number => created_at - (created_at % DAY_MS);

type Amount = 'tokens_in' | 'tokens_out' | 'tokens_cached' | 'cost_nano';
const sum = (rows: readonly UsageRow[], name: Amount): number =>
  rows.reduce((total, row) => total + row[name], 0);

const sumsOf = (rows: readonly UsageRow[]): Sums => ({
  attempts: rows.length,
  failures: rows.filter(({ outcome }) => outcome !== 'ok').length,
  tokens_in: sum(rows, 'tokens_in'),
  tokens_out: sum(rows, 'tokens_out'),
  tokens_cached: sum(rows, 'tokens_cached'),
  cost_nano: sum(rows, 'cost_nano'),
});

const told = (sums: Sums | undefined): string =>
  sums
    ? `${sums.attempts} attempts, ${sums.failures} failed, ${sums.tokens_in}+${sums.tokens_out} tokens, ${sums.tokens_cached} cached, ${sums.cost_nano}`
    : 'nothing';

/** Days whose sums are not those of their rows, each told in a line. */
export function differingDays({ rows, daily }: Books): string[] {
  const byKey = Map.groupBy(rows, (row) => keyOf({ ...row, day: dayOf(row) }));
  const booked = new Map(daily.map((row) => [keyOf(row), row]));
  return [...new Set([...byKey.keys(), ...booked.keys()])].flatMap((key) => {
    const of = byKey.get(key);
    const [is, ought] = [told(booked.get(key)), told(of && sumsOf(of))];
    return is === ought ? [] : [`${key}: ${is}; its rows: ${ought}`];
  });
}

/** Meters of an agent that are not the sums of its rows, or that hold something with nothing open. */
export function differingMeters(
  { tenantId, meters }: AgentBooks,
  rows: readonly UsageRow[],
): string[] {
  const { day, month } = meters;
  const own = rows.filter((row) => row.tenant_id === tenantId);
  const ofDay = sumsOf(own.filter((row) => row.created_at >= day.start));
  const ofMonth = sumsOf(own.filter((row) => row.created_at >= month.start));
  const pairs: [string, number, number][] = [
    ['tokens of the day', day.tokens, ofDay.tokens_in + ofDay.tokens_out],
    ['nano-dollars of the month', month.nano, ofMonth.cost_nano],
    ['tokens held', day.heldTokens, 0],
    ['nano-dollars held', month.heldNano, 0],
    ['attempts held', meters.held ?? 0, 0],
  ];
  return pairs.flatMap(([name, is, ought]) =>
    is === ought ? [] : [`${tenantId}: ${is} ${name}, and not ${ought}`],
  );
}
