import type { Bound, Findings } from '../report.ts';
import { percentileOf } from '../statistics.ts';
import type { PageLoads, Timed } from './load.ts';

/** Longest time of the server for a page or a call, p95, ms. */
export const MAX_P95_MS = 300;

const percentile = (loads: readonly Timed[], percent: number): number =>
  percentileOf(
    loads.map(({ ms }) => ms),
    percent,
  );
const p95 = (loads: readonly Timed[]): number => percentile(loads, 95);

/** The answers that are no success, by status, such as "404". */
function failuresOf({ loads, calls }: PageLoads): string[] {
  const all = [...loads, ...calls.flatMap((call) => call.loads)];
  const statuses = all.map(({ status }) => status).filter((status) => status !== 200);
  return [...new Set(statuses)].map(String);
}

/** A row for each page, and a bound for each that is not kept; all of them keep one together. */
export function findingsOf(pages: readonly PageLoads[], notes: string[]): Findings {
  const rows = pages.map((page) => {
    const slowest = page.calls.toSorted((a, b) => p95(b.loads) - p95(a.loads))[0];
    return {
      page: page.name,
      answers: failuresOf(page).join(', ') || '200',
      'p50 ms': percentile(page.loads, 50).toFixed(0),
      'p95 ms': p95(page.loads).toFixed(0),
      calls: String(page.calls.length),
      'slowest call p95 ms': slowest ? p95(slowest.loads).toFixed(0) : '',
    };
  });
  return { notes, table: rows, bounds: boundsOf(pages), details: pages };
}

function boundsOf(pages: readonly PageLoads[]): Bound[] {
  const everything = pages.flatMap(({ name, loads, calls }) => [
    { name, p95: p95(loads) },
    ...calls.map((call) => ({ name: `${name}: ${call.path}`, p95: p95(call.loads) })),
  ]);
  const broken = everything.filter((one) => one.p95 >= MAX_P95_MS);
  const slowest = everything.toSorted((a, b) => b.p95 - a.p95)[0];
  const listed = broken.length > 0 ? broken : slowest ? [slowest] : [];
  return [
    {
      name: 'pages that do not answer 200',
      measured: pages.filter((page) => failuresOf(page).length > 0).length,
      limit: 0,
    },
    ...listed.map((one) => ({
      name: `p95 of ${one.name}, ms`,
      measured: one.p95,
      limit: MAX_P95_MS,
    })),
  ];
}
