import type { Books } from './books.ts';
import { CHECKS, type Check, type Failure } from './check-books.ts';
import { AIMS, type Aim } from './kill-plan.ts';
import type { LoadResult } from './load.ts';
import type { Shot } from './marksman.ts';

/** Failures of one kind that are told one by one; the rest are counted. */
const MAX_TOLD = 5;
/** Of the calls, so many come to a whole answer at least: a run that is refused shows nothing. */
const MIN_ANSWERED_SHARE = 0.5;

export interface MeteringReport {
  seed: number;
  off: string | null;
  ms: number;
  calls: number;
  attempts: number;
  kills: number;
  /** What became of the calls, as their callers saw it. */
  ends: Record<string, number>;
  aims: { aim: string; shots: number; hits: number; open: number }[];
  settledBy: { by: string; rows: number; tokensIn: number; tokensOut: number }[];
  checks: { check: string; means: string; failures: number }[];
  failures: Failure[];
  isGood: boolean;
}

/** Puts a run together. It is good when nothing failed, and most calls came to their answer. */
export function makeReport(
  run: Pick<MeteringReport, 'seed' | 'off' | 'ms' | 'attempts'>,
  { load, books, failures }: { load: LoadResult; books: Books; failures: Failure[] },
): MeteringReport {
  const { unreachable: _, ...ends } = Object.fromEntries(load.ends);
  const calls = Object.values(ends).reduce((sum, times) => sum + times, 0);
  const isAnswered = (ends['answered'] ?? 0) >= calls * MIN_ANSWERED_SHARE;
  return {
    ...run,
    calls,
    kills: load.shots.length,
    ends,
    aims: (Object.keys(AIMS) as Aim[]).map((aim) => aimOf(aim, load.shots)),
    settledBy: [...Map.groupBy(books.rows, (row) => row.settled_by)].map(([by, rows]) => ({
      by,
      rows: rows.length,
      tokensIn: rows.reduce((sum, row) => sum + row.tokens_in, 0),
      tokensOut: rows.reduce((sum, row) => sum + row.tokens_out, 0),
    })),
    checks: (Object.keys(CHECKS) as Check[]).map((check) => ({
      check,
      means: CHECKS[check],
      failures: failures.filter((failure) => failure.check === check).length,
    })),
    failures,
    isGood: failures.length === 0 && isAnswered,
  };
}

function aimOf(aim: Aim, all: readonly Shot[]): MeteringReport['aims'][number] {
  const shots = all.filter((shot) => shot.aim === aim);
  const hits = shots.filter(({ isHit }) => isHit).length;
  return { aim, shots: shots.length, hits, open: shots.reduce((sum, shot) => sum + shot.open, 0) };
}

/** The report in lines. */
export function reportLines(report: MeteringReport): string[] {
  const { calls, attempts, kills, ends, checks, failures, seed, ms } = report;
  const ended = Object.entries(ends).map(([end, times]) => `${times} ${end}`);
  const told = checks.flatMap(({ check }) => {
    const of = failures.filter((failure) => failure.check === check);
    const more = of.length > MAX_TOLD ? [`FAILED ${check}: and ${of.length - MAX_TOLD} more`] : [];
    return [...of.slice(0, MAX_TOLD).map(({ what }) => `FAILED ${check}: ${what}`), ...more];
  });
  const broken = checks.filter((check) => check.failures > 0);
  const verdict = report.isGood
    ? 'all holds'
    : broken.map((check) => `${check.failures} ${check.check}`).join(', ') || 'hardly any answers';
  return [
    '',
    'kills aimed at  shots  hits  attempts under way',
    ...report.aims.map(({ aim, shots, hits, open }) =>
      row(aim, 14, [shots, 6], [hits, 5], [open, 19]),
    ),
    '',
    'settled by      rows  tokens in  tokens out',
    ...report.settledBy.map(({ by, rows, tokensIn, tokensOut }) =>
      row(by, 12, [rows, 7], [tokensIn, 10], [tokensOut, 11]),
    ),
    '',
    'check        failed',
    ...checks.map(({ check, failures: n, means }) => `${row(check, 12, [n, 6])}  ${means}`),
    '',
    `callers saw: ${ended.join(', ')}`,
    ...told,
    `seed ${seed}, ${(ms / 1000).toFixed(0)} s: ${calls} calls, ${attempts} attempts, ${kills} kills: ${verdict}`,
  ];
}

function row(name: string, width: number, ...cells: readonly [number, number][]): string {
  const numbers = cells.map(([value, room]) => ` ${String(value).padStart(room)}`);
  return `${name.padEnd(width)}${numbers.join('')}`;
}
