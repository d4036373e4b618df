import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CHECKS, type Check } from './findings.ts';
import { nameOf, type Point } from './points.ts';
import type { Progress } from './round.ts';

/** Errors are told apart by this much of what they say, in characters. */
const MAX_SAID = 80;

export interface Report {
  seed: number;
  rounds: number;
  real: boolean;
  off: string | null;
  ms: number;
  points: { point: string; hits: number; misses: number }[];
  checks: { check: string; means: string; count: number; failures: number }[];
  ends: { final: number; errors: Record<string, number> };
  failures: { round: number; check: string; tenant: string; what: string }[];
  isGood: boolean;
}

/** Puts a run together. It is good when nothing failed and every point that had to be was hit. */
export function makeReport(
  run: Pick<Report, 'seed' | 'rounds' | 'real' | 'off' | 'ms'>,
  input: { points: readonly Point[]; isDealt: boolean; progress: Progress },
): Report {
  const { points, isDealt, progress } = input;
  const { findings, hits, ends } = progress;
  const scored = points.map((point) => {
    const name = nameOf(point);
    return { point: name, ...(hits.get(name) ?? { hits: 0, misses: 0 }) };
  });
  const checks = (Object.keys(CHECKS) as Check[]).map((check) => ({
    check,
    means: CHECKS[check],
    count: findings.counts.get(check) ?? 0,
    failures: findings.failures.filter((failure) => failure.check === check).length,
  }));
  const all = [...ends.values()];
  return {
    ...run,
    points: scored,
    checks,
    ends: {
      final: all.reduce((sum, { final }) => sum + final, 0),
      errors: tally(all.flatMap(({ errors }) => errors.map((said) => said.slice(0, MAX_SAID)))),
    },
    failures: findings.failures,
    isGood: findings.failures.length === 0 && (!isDealt || scored.every(({ hits }) => hits > 0)),
  };
}

function tally(words: readonly string[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const word of words) times[word] = (times[word] ?? 0) + 1;
  return times;
}

/** The report in lines. */
export function reportLines(report: Report): string[] {
  const rows = [
    '',
    'kill point                hits  misses',
    ...report.points.map(
      ({ point, hits, misses }) =>
        `${point.padEnd(24)} ${String(hits).padStart(5)} ${String(misses).padStart(7)}`,
    ),
    '',
    'check              checked  failed',
    ...report.checks.map(
      ({ check, count, failures, means }) =>
        `${check.padEnd(17)} ${String(count).padStart(8)} ${String(failures).padStart(7)}  ${means}`,
    ),
    '',
    `${report.ends.final} messages answered; ended by an error that says they can be sent again:`,
    ...Object.entries(report.ends.errors).map(
      ([said, times]) => `${String(times).padStart(5)}  ${said}`,
    ),
  ];
  const failures = report.failures.map(
    ({ round, check, tenant, what }) => `FAILED in round ${round} ${check} (${tenant}): ${what}`,
  );
  const seconds = (report.ms / 1000).toFixed(0);
  const verdict = report.isGood ? 'all holds' : `${report.failures.length} failures`;
  return [
    ...rows,
    ...failures,
    `seed ${report.seed}, ${report.rounds} rounds, ${seconds} s: ${verdict}`,
  ];
}

export async function writeReport(file: string, report: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}
