import { z } from 'zod';

/** How many checks passed, failed and were left out. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export const EMPTY: Tally = { passed: 0, failed: 0, skipped: 0 };
/** One check that passed, and one that did not. */
export const ONE_PASSED: Tally = { ...EMPTY, passed: 1 };
export const ONE_FAILED: Tally = { ...EMPTY, failed: 1 };

/** The part of vitest's JSON report that is counted. */
const vitestReport = z.object({
  numPassedTests: z.int().min(0),
  numFailedTests: z.int().min(0),
  numPendingTests: z.int().min(0),
  numTodoTests: z.int().min(0),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

export function sumTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    EMPTY,
  );
}

/**
 * What one run of vitest comes to. A file that failed without a failed test in it (it did not load,
 * or a hook threw) counts as one failure, and so does a run that ended badly although every test
 * passed, or that left no readable report.
 */
export function tallyOfVitest(report: unknown, exitCode: number | null): Tally {
  const parsed = vitestReport.safeParse(report);
  if (!parsed.success) return ONE_FAILED;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } =
    parsed.data;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = numFailedTests + brokenFiles;
  return {
    passed: numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

/** The last line of a run: `12 passed, 0 failed`, and `, 3 skipped` only when there are any. */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** One line on a stage that ended, with its counts unless it only made something ready. */
export function stageLine(name: string, tally: Tally, durationMs: number): string {
  const word = tally.failed > 0 ? 'FAIL' : 'ok';
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const checks = tally.passed + tally.failed + tally.skipped;
  const counts = checks > 0 ? `   ${summaryLine(tally)}` : '';
  return `${word.padEnd(5)} ${name.padEnd(14)} ${seconds.padStart(8)}${counts}`;
}
