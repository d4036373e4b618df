import { and, asc, eq, lte, min } from 'drizzle-orm';
import { due } from '../db/agent/schema.ts';
import type { AgentDb } from './storage.ts';

/** Kinds of follow-ups. `key` tells one from another of the same kind. */
export type DueKind = 'wake' | 'turn' | 'idle' | 'sweep' | 'flush' | 'report';

export interface DueStep {
  kind: DueKind;
  key: string;
  at: number;
  attempts: number;
}

/** First pause after a failed step, ms; doubles with each failure. */
export const STEP_BACKOFF_MS = 2_000;
/** Longest pause after a failed step, ms. */
export const MAX_STEP_BACKOFF_MS = 15 * 60_000;
/** Steps run in one alarm; the rest is due at once again. */
export const MAX_STEPS_PER_ALARM = 50;
/** An open turn, wake or drain is looked at again after this long, ms, should its driver be gone. */
export const WATCHDOG_MS = 30_000;

/** When a step that failed for the n-th time in a row (from 1) runs again. */
export function nextAttemptAt(attempts: number, now: number): number {
  return now + Math.min(STEP_BACKOFF_MS * 2 ** Math.max(0, attempts - 1), MAX_STEP_BACKOFF_MS);
}

/** Writes a step. The same kind and key again moves it and forgets its failures. */
export function setDue(db: AgentDb, kind: DueKind, key: string, at: number): void {
  db.insert(due)
    .values({ kind, key, at, attempts: 0 })
    .onConflictDoUpdate({ target: [due.kind, due.key], set: { at, attempts: 0 } })
    .run();
}

/** Writes a step unless one of that kind and key is due earlier already. */
export function setDueBy(db: AgentDb, kind: DueKind, key: string, at: number): void {
  const row = db
    .select({ at: due.at })
    .from(due)
    .where(and(eq(due.kind, kind), eq(due.key, key)))
    .get();
  if (!row || row.at > at) setDue(db, kind, key, at);
}

export function clearDue(db: AgentDb, kind: DueKind, key: string): void {
  db.delete(due)
    .where(and(eq(due.kind, kind), eq(due.key, key)))
    .run();
}

/** Moves a step that failed to its next attempt. */
export function backOff(db: AgentDb, step: DueStep, now: number): void {
  const attempts = step.attempts + 1;
  db.update(due)
    .set({ attempts, at: nextAttemptAt(attempts, now) })
    .where(and(eq(due.kind, step.kind), eq(due.key, step.key), eq(due.at, step.at)))
    .run();
}

/** The steps whose time has come, oldest first. */
export function dueSteps(db: AgentDb, now: number): DueStep[] {
  return db
    .select()
    .from(due)
    .where(lte(due.at, now))
    .orderBy(asc(due.at))
    .limit(MAX_STEPS_PER_ALARM)
    .all() as DueStep[];
}

export function allDue(db: AgentDb): DueStep[] {
  return db.select().from(due).orderBy(asc(due.at)).limit(200).all() as DueStep[];
}

/** When the alarm must ring: the smallest time of all steps, or null when there is none. */
export function nextDueAt(db: AgentDb): number | null {
  return (
    db
      .select({ at: min(due.at) })
      .from(due)
      .get()?.at ?? null
  );
}
