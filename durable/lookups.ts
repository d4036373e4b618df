import { and, asc, eq, inArray, lte, min, sql } from 'drizzle-orm';
import { attempts } from '../db/agent/schema.ts';
import { forgetIntents, type AttemptRow } from './ledger.ts';
import type { AgentDb } from './storage.ts';

/** Nobody else looks up an attempt for so long, ms: longer than a look-up may take. */
const LOOKUP_LEASE_MS = 30_000;

/**
 * Takes attempts whose usage must be looked up now; an intent that nobody settled counts as lost. What
 * one sweep has taken, another leaves alone for a while.
 */
export function takeLookups(db: AgentDb, now: number, limit: number): AttemptRow[] {
  forgetIntents(db);
  db.update(attempts)
    .set({ state: 'unsettled', outcome: 'lost' })
    .where(and(eq(attempts.state, 'open'), lte(attempts.lookupAt, now)))
    .run();
  const taken = db
    .select()
    .from(attempts)
    .where(and(eq(attempts.state, 'unsettled'), lte(attempts.lookupAt, now)))
    .orderBy(asc(attempts.lookupAt))
    .limit(limit)
    .all();
  const ids = taken.map(({ id }) => id);
  db.update(attempts)
    .set({ lookupAt: now + LOOKUP_LEASE_MS })
    .where(inArray(attempts.id, ids))
    .run();
  return taken;
}

/** Lets look-ups that wait for their back-off happen now, for an operator's flush. */
export function hastenLookups(db: AgentDb, now: number): void {
  db.update(attempts).set({ lookupAt: now }).where(eq(attempts.state, 'unsettled')).run();
}

/** Asks again later. An attempt that was settled meanwhile is left as it is. */
export function postponeLookup(db: AgentDb, id: string, at: number): void {
  db.update(attempts)
    .set({ lookupAt: at, lookups: sql`${attempts.lookups} + 1` })
    .where(and(eq(attempts.id, id), eq(attempts.state, 'unsettled')))
    .run();
}

/** When the sweep is due next, or null when nothing waits for it. */
export function nextLookupAt(db: AgentDb): number | null {
  return (
    db
      .select({ at: min(attempts.lookupAt) })
      .from(attempts)
      .where(inArray(attempts.state, ['open', 'unsettled']))
      .get()?.at ?? null
  );
}
