import { describe, expect, it } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { checkTimes, nextTime } from './schedule-times.ts';

const MINUTE_MS = 60_000;
const at = (iso: string): number => Date.parse(iso);

/** The next `n` times after one, as ISO to the minute. */
function times(cron: string, timeZone: string, after: string, n: number): string[] {
  const found: string[] = [];
  let from: number | null = at(after);
  while (found.length < n) {
    from = nextTime(cron, timeZone, from);
    if (from === null) break;
    found.push(new Date(from).toISOString().slice(0, 16));
  }
  return found;
}

describe('the next time of a schedule', () => {
  it('is read in its time zone', () => {
    expect(times('0 9 * * *', 'UTC', '2026-01-01T00:00Z', 1)).toEqual(['2026-01-01T09:00']);
    expect(times('0 9 * * *', 'Asia/Tokyo', '2026-01-01T01:00Z', 1)).toEqual(['2026-01-02T00:00']);
    expect(times('0 9 * * MON-FRI', 'America/New_York', '2026-01-02T15:00Z', 1)).toEqual([
      '2026-01-05T14:00',
    ]);
  });

  it('comes after the moment it is asked from, never at it', () => {
    expect(times('* * * * *', 'UTC', '2026-01-01T00:00:00.000Z', 1)).toEqual(['2026-01-01T00:01']);
    expect(times('* * * * *', 'UTC', '2026-01-01T00:00:59.999Z', 1)).toEqual(['2026-01-01T00:01']);
  });

  it('that the clocks skip in spring is the end of the gap, once', () => {
    const after = '2026-03-28T12:00Z';
    expect(times('30 2 * * *', 'Europe/Berlin', after, 2)).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
    expect(times('0 2,3 * * *', 'Europe/Berlin', after, 2)).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:00',
    ]);
  });

  it('that happens twice in autumn is the first of the two, once', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('of a steady interval keeps its pace through both changes', () => {
    expect(times('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:15Z', 3)).toEqual([
      '2026-03-29T00:30',
      '2026-03-29T01:00',
      '2026-03-29T01:30',
    ]);
    expect(times('*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:15Z', 3)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
    ]);
  });

  it('on the leap day comes every four years', () => {
    expect(times('0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', 2)).toEqual([
      '2028-02-29T00:00',
      '2032-02-29T00:00',
    ]);
  });

  it('is none for a date that does not exist', () => {
    expect(nextTime('0 0 30 2 *', 'UTC', at('2026-01-01T00:00Z'))).toBeNull();
  });
});

describe('checking a schedule’s times', () => {
  /** What is wrong with it, or null. */
  function wrong(cron: string, timeZone = 'UTC', minIntervalMs = MINUTE_MS): string | null {
    try {
      checkTimes(cron, timeZone, { minIntervalMs, now: at('2026-01-01T00:00Z') });
      return null;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid_request') throw error;
      return error.message;
    }
  }

  it.each(['* * * * *', '*/5 9-17 * * MON-FRI', '0 9 1,15 * *', '0 0 29 2 *', '0  9 * * 7'])(
    'takes %s',
    (cron) => expect(wrong(cron, 'Europe/Berlin')).toBeNull(),
  );

  it.each(['* * * * * *', '* * * *', '@hourly', '2030-01-01T00:00:00'])(
    'refuses %s: five fields are needed',
    (cron) => expect(wrong(cron)).toMatch(/five fields/),
  );

  it.each([
    ['60 * * * *', /minute/],
    ['0 24 * * *', /hour/],
    ['0 0 32 * *', /day/],
    ['0 0 * 13 *', /month/],
    ['0 0 * * 9', /dayOfWeek/],
    ['*/0 * * * *', /stepping/],
    ['x * * * *', /illegal/],
  ])('says what is wrong with %s', (cron, what) => expect(wrong(cron)).toMatch(what));

  it('refuses a time that never comes', () => {
    expect(wrong('0 0 30 2 *')).toMatch(/never comes/);
  });

  it.each(['Mars/Olympus', '+05:00', 'Europe', ''])('refuses the time zone "%s"', (zone) => {
    expect(wrong('0 9 * * *', zone)).toMatch(/^timeZone/);
  });

  it('refuses runs that come closer than the tier allows, wherever in the day they do', () => {
    const hour = 60 * MINUTE_MS;
    expect(wrong('0 * * * *', 'UTC', hour)).toBeNull();
    expect(wrong('0,30 * * * *', 'UTC', hour)).toMatch(/60 minutes/);
    expect(wrong('59,0 0,10,23 * * *', 'UTC', hour)).toMatch(/60 minutes/);
    expect(wrong('0,20 9 1 1 *', 'UTC', hour)).toMatch(/60 minutes/);
    expect(wrong('*/5 * * * *', 'Europe/Berlin', 5 * MINUTE_MS)).toBeNull();
    expect(wrong('*/7 * * * *', 'UTC', 5 * MINUTE_MS)).toMatch(/are 4/);
  });

  it('finds one pair that is too close at the end of the day', () => {
    expect(wrong('0,58 0-23 * * *', 'UTC', 5 * MINUTE_MS)).toMatch(/are 2/);
  });
});
