import { and, desc, lt, notInArray, or, type SQL } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { AgentDb } from './storage.ts';

/** Keys, invites, sign-ins and members that have ended are listed this long, ms, and then forgotten. */
export const KEEP_ENDED_MS = 90 * 86_400_000;
/** How many of each are listed at most: the newest. */
export const MAX_ENDED = 200;

/**
 * Rows that have ended and are listed no more: too old by one of `ages`, columns of UTC ms, or not among
 * the newest that are kept. `newest` orders them; the id, which is a ULID, unless something else is said.
 */
export function beyondKept(
  db: AgentDb,
  table: SQLiteTable & { id: SQLiteColumn },
  rows: {
    hasEnded: SQL | undefined;
    ages: readonly SQLiteColumn[];
    newest?: SQLiteColumn;
    keep?: number;
    now: number;
  },
): SQL | undefined {
  const { hasEnded, ages, newest = table.id, keep = MAX_ENDED, now } = rows;
  const kept = db
    .select({ id: table.id })
    .from(table)
    .where(hasEnded)
    .orderBy(desc(newest))
    .limit(keep);
  const isOld = ages.map((age) => lt(age, now - KEEP_ENDED_MS));
  return and(hasEnded, or(...isOld, notInArray(table.id, kept)));
}
