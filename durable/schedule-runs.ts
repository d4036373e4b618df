import { and, desc, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { EventData } from '../contract/frames.ts';
import { KEPT_RUNS, type ScheduleRunView } from '../contract/schedules.ts';
import { scheduleRuns } from '../db/agent/schema.ts';
import type { AgentDb } from './storage.ts';

export type ScheduleRun = typeof scheduleRuns.$inferSelect;

const OPEN: ScheduleRun['state'][] = ['queued', 'running'];
const ofTurn = (turnId: string) =>
  and(eq(scheduleRuns.turnId, turnId), inArray(scheduleRuns.state, OPEN));

/** A run's row as people see it. */
export function runView(row: ScheduleRun): ScheduleRunView {
  const { scheduleId: _, ...view } = row;
  return view;
}

/** The newest runs of a schedule, newest first. */
export function newestRuns(db: AgentDb, scheduleId: string, limit: number): ScheduleRun[] {
  return db
    .select()
    .from(scheduleRuns)
    .where(eq(scheduleRuns.scheduleId, scheduleId))
    .orderBy(desc(scheduleRuns.id))
    .limit(limit)
    .all();
}

/** Whether a run of the schedule waits or goes on. */
export function hasOpenRun(db: AgentDb, scheduleId: string): boolean {
  const found = db
    .select({ id: scheduleRuns.id })
    .from(scheduleRuns)
    .where(and(eq(scheduleRuns.scheduleId, scheduleId), inArray(scheduleRuns.state, OPEN)))
    .limit(1)
    .get();
  return found !== undefined;
}

/** What became of a time of a schedule, or null when it is yet to happen. */
export function runAt(
  db: AgentDb,
  run: Pick<ScheduleRun, 'scheduleId' | 'trigger' | 'dueAt'>,
): ScheduleRun | null {
  const { scheduleId, trigger, dueAt } = run;
  const row = db
    .select()
    .from(scheduleRuns)
    .where(
      and(
        eq(scheduleRuns.scheduleId, scheduleId),
        eq(scheduleRuns.trigger, trigger),
        eq(scheduleRuns.dueAt, dueAt),
      ),
    )
    .get();
  return row ?? null;
}

/** Stores a run and forgets the schedule's oldest ones, never one that is open. */
export function addRun(db: AgentDb, run: typeof scheduleRuns.$inferInsert): ScheduleRun {
  const row = db.insert(scheduleRuns).values(run).returning().get();
  const kept = newestRuns(db, run.scheduleId, KEPT_RUNS).map(({ id }) => id);
  db.delete(scheduleRuns)
    .where(
      and(
        eq(scheduleRuns.scheduleId, run.scheduleId),
        notInArray(scheduleRuns.id, kept),
        notInArray(scheduleRuns.state, OPEN),
      ),
    )
    .run();
  return row;
}

/* What the turn of a run goes through, in the commits that change the turn */

/** The turn has been handed to OpenClaw; the first time counts. */
export function noteRunStarted(db: AgentDb, turnId: string, startedAt: number): void {
  db.update(scheduleRuns).set({ state: 'running', startedAt }).where(ofTurn(turnId)).run();
}

/** Why a turn ended other than by its answer, in a sentence. */
function reasonOf(end: EventData): string | null {
  if (end.type === 'aborted') return `Stopped by ${end.by}.`;
  return end.type === 'error' ? end.message : null;
}

/** The turn has ended with its last event. */
export function noteRunEnded(
  db: AgentDb,
  turnId: string,
  end: { state: 'done' | 'aborted' | 'error'; data: EventData; at: number },
): void {
  db.update(scheduleRuns)
    .set({ state: end.state, reason: reasonOf(end.data), endedAt: end.at })
    .where(ofTurn(turnId))
    .run();
}

/** A session is deleted with its turns: none of them will ever end its run. */
export function endRunsOfSession(db: AgentDb, sessionId: string, now: number): void {
  db.update(scheduleRuns)
    .set({ state: 'aborted', reason: 'Its session was deleted.', endedAt: now })
    .where(and(eq(scheduleRuns.sessionId, sessionId), inArray(scheduleRuns.state, OPEN)))
    .run();
}

/** Adds what an attempt of the turn has used; also after its end, when that was looked up. */
export function addRunUsage(
  db: AgentDb,
  turnId: string,
  used: { tokensIn: number; tokensOut: number; costNano: number },
): void {
  db.update(scheduleRuns)
    .set({
      tokensIn: sql`${scheduleRuns.tokensIn} + ${used.tokensIn}`,
      tokensOut: sql`${scheduleRuns.tokensOut} + ${used.tokensOut}`,
      costNano: sql`${scheduleRuns.costNano} + ${used.costNano}`,
    })
    .where(eq(scheduleRuns.turnId, turnId))
    .run();
}
