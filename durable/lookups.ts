import { and, asc, eq, lte, min, sql } from 'drizzle-orm';
import { attempts } from '../db/agent/schema.ts';
import type { AttemptRow } from './ledger.ts';
import type { AgentDb } from './storage.ts';

/** Attempts whose usage must be looked up now; an intent that nobody settled counts as lost. */
export function takeLookups(db: AgentDb, now: number, limit: number): AttemptRow[] {
  db.update(attempts)
    .set({ state: 'unsettled', outcome: 'lost' })
    .where(and(eq(attempts.state, 'open'), lte(attempts.lookupAt, now)))
    .run();
  return db
    .select()
    .from(attempts)
    .where(and(eq(attempts.state, 'unsettled'), lte(attempts.lookupAt, now)))
    .orderBy(asc(attempts.lookupAt))
    .limit(limit)
    .all();
}

/** Lets look-ups that wait for their back-off happen now, for an operator's flush. */
export function hastenLookups(db: AgentDb, now: number): void {
  db.update(attempts).set({ lookupAt: now }).where(eq(attempts.state, 'unsettled')).run();
}

export function postponeLookup(db: AgentDb, id: string, at: number): void {
  db.update(attempts)
    .set({ lookupAt: at, lookups: sql`${attempts.lookups} + 1` })
    .where(eq(attempts.id, id))
    .run();
}

/** When the sweep is due next, or null when nothing waits for it. */
export function nextLookupAt(db: AgentDb): number | null {
  return (
    db
      .select({ at: min(attempts.lookupAt) })
      .from(attempts)
      .get()?.at ?? null
  );
}
