import { and, eq, isNotNull, min } from 'drizzle-orm';
import { schedules } from '../db/agent/schema.ts';
import { readCell } from './cells.ts';
import { clearDue, setDue } from './due.ts';
import type { AgentDb } from './storage.ts';
import { FIRST_WAKE_ESTIMATE_MS } from './wake.ts';

/** A wake ahead of a schedule begins at most this long before it, ms. */
const MAX_LEAD_MS = 60_000;
/** What is added to the time that almost all of an agent's wakes stayed under. */
const LEAD_MARGIN = 1.2;
const PERCENTILE = 0.95;

/**
 * How early an agent is woken for what is due: p95 (nearest rank) of its last wakes, with a margin;
 * a guess for one that never woke. All ms.
 */
export function wakeLeadMs(wakeTimes: readonly number[]): number {
  const sorted = wakeTimes.toSorted((a, b) => a - b);
  const p95 = sorted[Math.ceil(sorted.length * PERCENTILE) - 1] ?? null;
  if (p95 === null) return FIRST_WAKE_ESTIMATE_MS;
  return Math.min(Math.ceil(p95 * LEAD_MARGIN), MAX_LEAD_MS);
}

/** The lead of this agent, from its own wakes. */
export function leadMsOf(db: AgentDb): number {
  return wakeLeadMs(readCell(db, 'wakeTimes') ?? []);
}

/** Times of all schedules that are on, UTC ms. */
function comingTimes(db: AgentDb): number[] {
  return db
    .select({ at: schedules.nextAt })
    .from(schedules)
    .where(and(eq(schedules.enabled, true), isNotNull(schedules.nextAt)))
    .all()
    .flatMap(({ at }) => at ?? []);
}

/** The earliest time of a schedule that is on, or null. */
export function nextScheduledAt(db: AgentDb): number | null {
  return (
    db
      .select({ at: min(schedules.nextAt) })
      .from(schedules)
      .where(eq(schedules.enabled, true))
      .get()?.at ?? null
  );
}

/**
 * Writes the one due step that wakes the agent ahead of its schedules: at once when the lead of the
 * earliest has begun. To be called when a schedule's time, or the sandbox's sleep, changes it.
 */
export function planPrewake(db: AgentDb, now: number): void {
  const nextAt = nextScheduledAt(db);
  if (nextAt === null) return clearDue(db, 'prewake', '');
  setDue(db, 'prewake', '', Math.max(now, nextAt - leadMsOf(db)));
}

/**
 * The due step `prewake`: whether the lead of a schedule has begun, so that the agent must wake. The
 * step is written anew for the next lead that has not; the one that has is over with its run.
 */
export function takePrewake(db: AgentDb, now: number): { isNeeded: boolean } {
  const leadMs = leadMsOf(db);
  const starts = comingTimes(db).map((at) => at - leadMs);
  const later = starts.filter((at) => at > now);
  if (later.length > 0) setDue(db, 'prewake', '', Math.min(...later));
  return { isNeeded: later.length < starts.length };
}
