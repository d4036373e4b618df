import { eq } from 'drizzle-orm';
import { ulid } from 'ulid';
import type { TenantRecord } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import type { SessionEvent } from '../contract/frames.ts';
import { limitsOf } from '../contract/tiers.ts';
import { schedules, sessions } from '../db/agent/schema.ts';
import { setDue } from './due.ts';
import { planPrewake } from './schedule-prewake.ts';
import { addRun, hasOpenRun, runAt, type ScheduleRun } from './schedule-runs.ts';
import { nextTime } from './schedule-times.ts';
import { createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { checkTextLength } from './text-length.ts';
import { queueTurn, type Turn } from './turns.ts';

type Schedule = typeof schedules.$inferSelect;

/** A run's turn, with the events that queueing it has added. */
export interface QueuedTurn {
  turn: Turn;
  added: SessionEvent[];
}

interface StartContext {
  db: AgentDb;
  record: TenantRecord;
  now: number;
}

/** AppError when nothing can be started now, whatever the session. */
function check({ db, record }: StartContext, schedule: Schedule): void {
  if (record.status !== 'active') {
    throw new AppError('tenant_suspended', 'The agent was suspended.');
  }
  if (hasOpenRun(db, schedule.id)) {
    throw new AppError('conflict', 'The run before it was still going on.');
  }
  const { maxMessageChars: maxChars } = limitsOf(record);
  checkTextLength(schedule.prompt, { kind: 'prompt', maxChars });
}

/** The session of the schedule; a new one named like it when it has none, or none any more. */
function targetSession({ db, record, now }: StartContext, schedule: Schedule): string {
  const id = schedule.sessionId ?? '';
  if (db.select().from(sessions).where(eq(sessions.id, id)).get()) return id;
  const { maxSessions } = limitsOf(record);
  const made = createSession(db, { title: schedule.name, maxSessions, now });
  db.update(schedules).set({ sessionId: made.id }).where(eq(schedules.id, schedule.id)).run();
  return made.id;
}

/**
 * Queues a schedule's turn and stores its run, in one commit. A time that has happened answers its run
 * and queues nothing. AppError when nothing can be started, and then nothing is stored.
 */
export function startRun(
  ctx: StartContext,
  schedule: Schedule,
  time: Pick<ScheduleRun, 'trigger' | 'dueAt'>,
): { run: ScheduleRun; queued: QueuedTurn | null } {
  const { db, record, now } = ctx;
  const known = runAt(db, { scheduleId: schedule.id, ...time });
  if (known) return { run: known, queued: null };
  check(ctx, schedule);
  const sessionId = targetSession(ctx, schedule);
  const id = ulid(now);
  const queued = queueTurn(db, {
    sessionId,
    clientId: `schedule-${id}`,
    text: schedule.prompt,
    by: schedule.name,
    workload: 'monitor',
    maxQueued: limitsOf(record).maxQueuedTurns,
    now,
  });
  const run = addRun(db, {
    id,
    scheduleId: schedule.id,
    ...time,
    state: 'queued',
    turnId: queued.turn.id,
    sessionId,
  });
  return { run, queued };
}

/** Starts the run of a time that has come, or stores that it was skipped and why. */
function startOrSkip(ctx: StartContext, schedule: Schedule, dueAt: number): QueuedTurn | null {
  const { db, now } = ctx;
  try {
    return startRun(ctx, schedule, { trigger: 'time', dueAt }).queued;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { id: scheduleId } = schedule;
    addRun(db, {
      id: ulid(now),
      scheduleId,
      trigger: 'time',
      dueAt,
      state: 'skipped',
      reason: error.message,
      endedAt: now,
    });
    return null;
  }
}

/**
 * The due step `schedule`: runs a schedule whose time has come, and sets its next time, in one commit.
 * Of times that were missed while nothing ran the first one happens, and the next is after now. One
 * that the tenant's tier no longer allows so often comes as often as that allows.
 */
export function runScheduleStep(ctx: StartContext, id: string): QueuedTurn | null {
  const { db, record, now } = ctx;
  const schedule = db.select().from(schedules).where(eq(schedules.id, id)).get();
  if (!schedule || schedule.nextAt === null) return null;
  const { cron, timeZone, nextAt: dueAt } = schedule;
  if (dueAt > now) {
    // It was moved while the step was under way.
    setDue(db, 'schedule', id, dueAt);
    return null;
  }
  const queued = startOrSkip(ctx, schedule, dueAt);
  const { minScheduleIntervalMs } = limitsOf(record);
  const nextAt = nextTime(cron, timeZone, Math.max(now, dueAt + minScheduleIntervalMs - 1));
  db.update(schedules).set({ nextAt }).where(eq(schedules.id, id)).run();
  if (nextAt !== null) setDue(db, 'schedule', id, nextAt);
  planPrewake(db, now);
  return queued;
}
