import type { UsageRow } from '../../../../../contract/usage.ts';
import type { UsageBreakdown } from '../../../../../contract/usage-report.ts';

type Cell = string | number | null;

const quoted = (cell: Cell): string => {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Lines of values as CSV (RFC 4180). */
export function csvOf(lines: readonly (readonly Cell[])[]): string {
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

const GROUPINGS = {
  day: 'days',
  model: 'models',
  tenant: 'tenants',
  workload: 'workloads',
  platform: 'platforms',
  tier: 'tiers',
} as const;

const SUMS = ['attempts', 'failures', 'tokensIn', 'tokensOut', 'tokensCached', 'costNano'] as const;

/** Every table of the page in one: each line says what it is a sum of. Money is nano-dollars. */
export function breakdownCsv(breakdown: UsageBreakdown): string {
  const lines = Object.entries(GROUPINGS).flatMap(([by, name]) =>
    breakdown[name].map((group) => [by, group.key, group.label, ...SUMS.map((sum) => group[sum])]),
  );
  return csvOf([['by', 'key', 'label', ...SUMS], ...lines]);
}

/** Booked attempts, a line each, with the columns that the API has. */
export function callsCsv(rows: readonly UsageRow[]): string {
  const [first] = rows;
  if (!first) return '';
  const columns = Object.keys(first) as (keyof UsageRow)[];
  return csvOf([columns, ...rows.map((row) => columns.map((column) => row[column]))]);
}
