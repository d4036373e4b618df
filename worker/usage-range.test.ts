import { expect, it } from 'vitest';
import { MAX_REPORT_DAYS } from '../contract/usage-report.ts';
import { openRange, reportRange } from './usage-range.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 23, 59, 59, 999);
const TODAY = Date.UTC(2026, 10, 22);

it('reports the last 30 days when nothing is said', () => {
  expect(reportRange({}, NOW)).toEqual({
    from: '2026-10-24',
    to: '2026-11-22',
    since: TODAY - 29 * DAY_MS,
    before: TODAY + DAY_MS,
  });
});

it('goes on until today without an end, and starts 30 days before an end without a start', () => {
  expect(reportRange({ from: '2026-11-20' }, NOW)).toMatchObject({ to: '2026-11-22' });
  expect(reportRange({ to: '2026-01-30' }, NOW)).toMatchObject({ from: '2026-01-01' });
});

it('takes one day, and a whole leap year, and nothing longer', () => {
  const one = reportRange({ from: '2024-02-29', to: '2024-02-29' }, NOW);
  expect(one.before - one.since).toBe(DAY_MS);
  const year = reportRange({ from: '2024-01-01', to: '2024-12-31' }, NOW);
  expect(year.before - year.since).toBe(MAX_REPORT_DAYS * DAY_MS);
  const longer = () => reportRange({ from: '2023-12-31', to: '2024-12-31' }, NOW);
  expect(longer).toThrow(/over 366 days/);
});

it.each([reportRange, openRange])('refuses an end before the start', (range) => {
  expect(() => range({ from: '2026-11-02', to: '2026-11-01' }, NOW)).toThrow(/after to/);
});

it('leaves rows without bounds where none is named', () => {
  expect(openRange({})).toEqual({ since: undefined, before: undefined });
  expect(openRange({ from: '2020-01-01', to: '2026-11-22' })).toEqual({
    since: Date.UTC(2020, 0, 1),
    before: TODAY + DAY_MS,
  });
});
