import { and, asc, eq, lte, min, ne } from 'drizzle-orm';
import { due } from '../db/agent/schema.ts';
import type { AgentDb } from './storage.ts';

/** Kinds of follow-ups. `key` tells one from another of the same kind. */
export type DueKind =
  | 'wake'
  | 'turn'
  | 'idle'
  | 'sweep'
  | 'flush'
  | 'notice'
  | 'report'
  | 'suspend'
  | 'erase'
  | 'schedule'
  | 'prewake'
  | 'checkpoint'
  | 'snapshot'
  | 'retention'
  | 'expire'
  | 'name';

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
/**
 * A step under way is due again after this long, ms, should its object die before it is done. Unlike
 * WATCHDOG_MS, so that a step written anew is never taken for the one under way.
 */
const STEP_LEASE_MS = 60_000;
/** An open turn, wake or drain is looked at again after this long, ms, should its driver be gone. */
export const WATCHDOG_MS = 30_000;

/** When a step that failed for the n-th time in a row (from 1) runs again. */
export function nextAttemptAt(attempts: number, now: number): number {
  return now + Math.min(STEP_BACKOFF_MS * 2 ** Math.max(0, attempts - 1), MAX_STEP_BACKOFF_MS);
}

/**
 * Agents whose alarm is set to the smallest `at` that is stored. By the storage, which all handles on
 * one agent's SQLite share. Without it each call would ask for the alarm and for that time.
 */
const armed = new WeakSet<DurableObjectStorage>();

/** Whether the alarm is known to be set to the next step. */
export function isArmed(db: AgentDb): boolean {
  return armed.has(db.$client);
}

/** The alarm is about to be set to the next step, as it is stored now. */
export function noteArmed(db: AgentDb): void {
  armed.add(db.$client);
}

/** The alarm rang, or the steps have changed. */
export function noteDisarmed(db: AgentDb): void {
  armed.delete(db.$client);
}

/** Writes a step. The same kind and key again moves it and forgets its failures. */
export function setDue(db: AgentDb, kind: DueKind, key: string, at: number): void {
  noteDisarmed(db);
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
  noteDisarmed(db);
  db.delete(due)
    .where(and(eq(due.kind, kind), eq(due.key, key)))
    .run();
}

const sameStep = (step: DueStep) =>
  and(eq(due.kind, step.kind), eq(due.key, step.key), eq(due.at, step.at));

/** Takes a step to run it. It stays in storage, due later, until it is finished or backs off. */
export function takeStep(db: AgentDb, step: DueStep, now: number): DueStep {
  noteDisarmed(db);
  const leaseEnd = now + STEP_LEASE_MS;
  // Never on a whole second, where schedules are due: the next time of one is not this lease.
  const taken = { ...step, at: leaseEnd % 1_000 === 0 ? leaseEnd + 1 : leaseEnd };
  db.update(due).set({ at: taken.at }).where(sameStep(step)).run();
  return taken;
}

/** Removes a step that is done. One that was written anew meanwhile stays. */
export function finishStep(db: AgentDb, taken: DueStep): void {
  noteDisarmed(db);
  db.delete(due).where(sameStep(taken)).run();
}

/** Moves a step that failed to its next attempt, unless it was written anew meanwhile. */
export function backOff(db: AgentDb, step: DueStep, now: number): void {
  noteDisarmed(db);
  const attempts = step.attempts + 1;
  db.update(due)
    .set({ attempts, at: nextAttemptAt(attempts, now) })
    .where(sameStep(step))
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

/** When the next step is due, but for those of one kind, or null when there is none. */
export function nextDueAt(db: AgentDb, options: { except?: DueKind } = {}): number | null {
  const { except } = options;
  return (
    db
      .select({ at: min(due.at) })
      .from(due)
      .where(except === undefined ? undefined : ne(due.kind, except))
      .get()?.at ?? null
  );
}
