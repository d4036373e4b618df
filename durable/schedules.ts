import { asc, count, eq } from 'drizzle-orm';
import { ulid } from 'ulid';
import { AppError } from '../contract/errors.ts';
import type {
  CreateScheduleBody,
  ScheduleRunView,
  ScheduleView,
  UpdateScheduleBody,
} from '../contract/schedules.ts';
import type { Limits } from '../contract/limits.ts';
import { scheduleRuns, schedules } from '../db/agent/schema.ts';
import { clearDue, setDue } from './due.ts';
import { planPrewake } from './schedule-prewake.ts';
import { newestRuns, runView } from './schedule-runs.ts';
import { checkTimes, nextTime } from './schedule-times.ts';
import { getSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { checkTextLength } from './text-length.ts';

type Schedule = typeof schedules.$inferSelect;

/** What a schedule is checked against. */
interface Context {
  db: AgentDb;
  limits: Limits;
  now: number;
}

function viewOf(db: AgentDb, row: Schedule): ScheduleView {
  const [last] = newestRuns(db, row.id, 1);
  return { ...row, lastRun: last ? runView(last) : null };
}

/** One schedule as it is stored, or AppError not_found. */
export function getSchedule(db: AgentDb, id: string): Schedule {
  const row = db.select().from(schedules).where(eq(schedules.id, id)).get();
  if (!row) throw new AppError('not_found', 'There is no such schedule.');
  return row;
}

/** All schedules, oldest first. Their number is bounded by the tier. */
export function allSchedules(db: AgentDb): Schedule[] {
  return db.select().from(schedules).orderBy(asc(schedules.id)).all();
}

/** All schedules with their last runs. */
export function listSchedules(db: AgentDb): ScheduleView[] {
  return allSchedules(db).map((row) => viewOf(db, row));
}

/** One schedule with its last run, or AppError not_found. */
export function readSchedule(db: AgentDb, id: string): ScheduleView {
  return viewOf(db, getSchedule(db, id));
}

/** The newest runs of a schedule, newest first, or AppError not_found. */
export function listRuns(db: AgentDb, id: string, limit: number): ScheduleRunView[] {
  getSchedule(db, id);
  return newestRuns(db, id, limit).map(runView);
}

/** AppError when the tier or the agent does not allow one of these; what is not given is not looked at. */
function check(
  { db, limits, now }: Context,
  wanted: {
    times?: Pick<Schedule, 'cron' | 'timeZone'>;
    prompt?: string | undefined;
    sessionId?: string | null | undefined;
  },
): void {
  const { minScheduleIntervalMs: minIntervalMs, maxMessageChars: maxChars } = limits;
  if (wanted.times) {
    checkTimes(wanted.times.cron, wanted.times.timeZone, { minIntervalMs, now });
  }
  if (wanted.prompt !== undefined) checkTextLength(wanted.prompt, { kind: 'prompt', maxChars });
  if (wanted.sessionId) getSession(db, wanted.sessionId);
}

/** The due step of a schedule, and the wake ahead, follow its time. */
function follow({ db, now }: Context, { id, nextAt }: Schedule): void {
  if (nextAt === null) clearDue(db, 'schedule', id);
  else setDue(db, 'schedule', id, nextAt);
  planPrewake(db, now);
}

/**
 * Makes a schedule. AppError limit_reached at the tier's number of them, invalid_request for times that
 * cannot be, session_not_found and payload_too_large.
 */
export function createSchedule(ctx: Context, by: string, body: CreateScheduleBody): ScheduleView {
  const { db, limits, now } = ctx;
  const { maxSchedules } = limits;
  const kept = db.select({ n: count() }).from(schedules).get()?.n ?? 0;
  if (kept >= maxSchedules) {
    throw new AppError('limit_reached', `This agent keeps at most ${maxSchedules} schedules.`, {
      hint: 'Delete one that is not needed any more.',
    });
  }
  check(ctx, { ...body, times: body });
  const row = db
    .insert(schedules)
    .values({
      ...body,
      id: ulid(now),
      nextAt: body.enabled ? nextTime(body.cron, body.timeZone, now) : null,
      createdBy: by,
      createdAt: now,
      updatedAt: now,
    })
    .returning()
    .get();
  follow(ctx, row);
  return viewOf(db, row);
}

/**
 * Changes a schedule. Its next time is counted anew from now when the expression, the zone or the
 * switch changes. AppErrors as for a new one, and not_found.
 */
export function updateSchedule(ctx: Context, id: string, body: UpdateScheduleBody): ScheduleView {
  const { db, now } = ctx;
  const before = getSchedule(db, id);
  const wanted = {
    name: body.name ?? before.name,
    cron: body.cron ?? before.cron,
    timeZone: body.timeZone ?? before.timeZone,
    prompt: body.prompt ?? before.prompt,
    sessionId: body.sessionId === undefined ? before.sessionId : body.sessionId,
    enabled: body.enabled ?? before.enabled,
  };
  const isMoved = wanted.cron !== before.cron || wanted.timeZone !== before.timeZone;
  const isRetimed = isMoved || (wanted.enabled && !before.enabled);
  // Turning one off, or naming it anew, must work whatever has become of its session or of the tier.
  const { prompt, sessionId } = body;
  check(ctx, { prompt, sessionId, ...(isRetimed && { times: wanted }) });
  let { nextAt } = before;
  if (!wanted.enabled) nextAt = null;
  else if (isRetimed) nextAt = nextTime(wanted.cron, wanted.timeZone, now);
  const row = db
    .update(schedules)
    .set({ ...wanted, nextAt, updatedAt: now })
    .where(eq(schedules.id, id))
    .returning()
    .get();
  follow(ctx, row);
  return viewOf(db, row);
}

/** Deletes a schedule with its runs, or AppError not_found. A turn of it that is open goes on. */
export function deleteSchedule(db: AgentDb, id: string, now: number): void {
  getSchedule(db, id);
  clearDue(db, 'schedule', id);
  db.delete(scheduleRuns).where(eq(scheduleRuns.scheduleId, id)).run();
  db.delete(schedules).where(eq(schedules.id, id)).run();
  planPrewake(db, now);
}
