import {
  closeDay,
  DAY_MS,
  dayOf,
  firstUsageDay,
  lastClosedDay,
} from '../db/queries/usage-daily.ts';
import type { Db } from '../db/queries/open.ts';
import type { Log } from './log.ts';

/** A day is closed this long after its end, ms: most of what agents still held has come by then. */
export const CLOSE_AFTER_MS = 2 * 3_600_000;
/** Days closed in one run of cron, so that a long way back does not take its 15 minutes. */
export const MAX_DAYS_PER_RUN = 7;

/**
 * The days to close now, the oldest first: those after the last closed one that are over long
 * enough. With none closed yet it starts at the first day in the books, or at the newest that can be.
 */
export function daysToClose(
  known: { lastClosed: number | null; first: number | null },
  now: number,
): number[] {
  const newest = dayOf(now - CLOSE_AFTER_MS) - DAY_MS;
  const { lastClosed, first } = known;
  const start = lastClosed === null ? Math.min(first ?? newest, newest) : lastClosed + DAY_MS;
  const count = Math.max(0, (newest - start) / DAY_MS + 1);
  return Array.from({ length: Math.min(count, MAX_DAYS_PER_RUN) }, (_, n) => start + n * DAY_MS);
}

/** Closes the days that are over, each in one commit. Sums that were otherwise are logged: never. */
export async function closeDays(db: Db, deps: { now: () => number; log: Log }): Promise<void> {
  const lastClosed = await lastClosedDay(db);
  const first = lastClosed === null ? await firstUsageDay(db) : null;
  for (const day of daysToClose({ lastClosed, first }, deps.now())) {
    const { differed } = await closeDay(db, { day, now: deps.now() });
    if (differed === 0) continue;
    const date = new Date(day).toISOString().slice(0, 10);
    deps.log({ level: 'warn', event: 'usage.sums_differed', day: date, count: differed });
  }
}
