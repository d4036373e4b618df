import { describe, expect, it } from 'vitest';
import { EMPTY, stageLine, summaryLine, sumTallies, tallyOfVitest } from './tally.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

const report = (files: ReturnType<typeof file>[], counts: Record<string, number> = {}) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  ...counts,
  testResults: files,
});

describe('the tally of a vitest run', () => {
  it('is what the report counts', () => {
    const ran = report([file('passed', 'passed', 'passed'), file('failed', 'failed', 'pending')], {
      numPassedTests: 2,
      numFailedTests: 1,
      numPendingTests: 1,
      numTodoTests: 2,
    });
    expect(tallyOfVitest(ran, 1)).toEqual({ passed: 2, failed: 1, skipped: 3 });
  });

  it('counts a file that did not load as one failure', () => {
    const ran = report([file('passed', 'passed'), file('failed'), file('failed', 'passed')], {
      numPassedTests: 2,
    });
    expect(tallyOfVitest(ran, 1)).toEqual({ passed: 2, failed: 2, skipped: 0 });
  });

  it('counts a bad end as a failure even when every test passed', () => {
    const ran = report([file('passed', 'passed')], { numPassedTests: 1 });
    expect(tallyOfVitest(ran, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(tallyOfVitest(ran, null)).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(tallyOfVitest(ran, 0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  it('is one failure when there is no report, whatever the exit code', () => {
    expect(tallyOfVitest(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(tallyOfVitest({ numPassedTests: 4 }, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('the summary', () => {
  it('sums the stages', () => {
    expect(
      sumTallies([
        { passed: 2, failed: 0, skipped: 1 },
        { passed: 3, failed: 1, skipped: 0 },
      ]),
    ).toEqual({ passed: 5, failed: 1, skipped: 1 });
    expect(sumTallies([])).toEqual(EMPTY);
  });

  it('says nothing about skipped checks when there are none', () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(summaryLine({ passed: 0, failed: 2, skipped: 3 })).toBe('0 passed, 2 failed, 3 skipped');
  });

  it('gives no counts for a stage that only made something ready', () => {
    expect(stageLine('build', EMPTY, 9_940)).toBe('ok    build             9.9 s');
  });

  it('marks a stage with a failure', () => {
    expect(stageLine('site', { passed: 5, failed: 0, skipped: 0 }, 1234)).toBe(
      'ok    site              1.2 s   5 passed, 0 failed',
    );
    expect(stageLine('flow', { passed: 5, failed: 1, skipped: 0 }, 65_000)).toBe(
      'FAIL  flow             65.0 s   5 passed, 1 failed',
    );
  });
});
