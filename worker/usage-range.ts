import { AppError } from '../contract/errors.ts';
import {
  DEFAULT_REPORT_DAYS,
  MAX_REPORT_DAYS,
  type UsageRangeQuery,
} from '../contract/usage-report.ts';
import { DAY_MS, dayOf } from '../db/queries/usage-daily.ts';

/** A range of UTC days: by name, both included, and in UTC ms, without `before`. */
export interface UsageRange {
  from: string;
  to: string;
  since: number;
  before: number;
}

const nameOf = (day: number): string => new Date(day).toISOString().slice(0, 10);

function refuseReversed(since: number | undefined, last: number | undefined): void {
  if (since === undefined || last === undefined || since <= last) return;
  throw new AppError('invalid_request', 'from: is after to');
}

/**
 * The days of a report, until today when their end is not named, and the last 30 until then when
 * their start is not. Throws invalid_request for more than a year and for an end before the start.
 */
export function reportRange({ from, to }: UsageRangeQuery, now: number): UsageRange {
  const last = to === undefined ? dayOf(now) : Date.parse(to);
  const since = from === undefined ? last - (DEFAULT_REPORT_DAYS - 1) * DAY_MS : Date.parse(from);
  refuseReversed(since, last);
  const before = last + DAY_MS;
  if (before - since > MAX_REPORT_DAYS * DAY_MS) {
    throw new AppError('invalid_request', `from: is over ${MAX_REPORT_DAYS} days before to`);
  }
  return { from: nameOf(since), to: nameOf(last), since, before };
}

/** The first and last of as many days, right before those of a range. */
export function rangeBefore({ since, before }: UsageRange): { from: string; to: string } {
  return { from: nameOf(since - (before - since)), to: nameOf(since - DAY_MS) };
}

/** The same without bounds: what is not named is open. Throws invalid_request when reversed. */
export function openRange({ from, to }: UsageRangeQuery): { since?: number; before?: number } {
  const since = from === undefined ? undefined : Date.parse(from);
  const last = to === undefined ? undefined : Date.parse(to);
  refuseReversed(since, last);
  return { since, before: last === undefined ? undefined : last + DAY_MS };
}
