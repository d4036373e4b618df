import { z } from 'zod';
import { ulidSchema } from './ids.ts';

/** Longest cron expression that is looked at, in characters. */
const MAX_CRON_CHARS = 100;

/** Runs of a schedule that are kept: its newest ones. */
export const KEPT_RUNS = 50;

/** `skipped` is a time at which nothing was started, with the reason. */
export const scheduleRunState = z.enum([
  'queued',
  'running',
  'done',
  'aborted',
  'error',
  'skipped',
]);
export type ScheduleRunState = z.infer<typeof scheduleRunState>;

/** One time a schedule was due or was run by hand. Times are UTC ms, money is nano-dollars. */
export const scheduleRunView = z.object({
  id: ulidSchema,
  dueAt: z.number().int(),
  trigger: z.enum(['time', 'manual']),
  state: scheduleRunState,
  reason: z.string().nullable(),
  sessionId: z.string().nullable(),
  turnId: z.string().nullable(),
  startedAt: z.number().int().nullable(),
  endedAt: z.number().int().nullable(),
  tokensIn: z.number().int(),
  tokensOut: z.number().int(),
  costNano: z.number().int(),
});
export type ScheduleRunView = z.infer<typeof scheduleRunView>;

export const scheduleView = z.object({
  id: ulidSchema,
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  prompt: z.string(),
  /** Where its runs are written; null until the first run has made a session of its own. */
  sessionId: z.string().nullable(),
  enabled: z.boolean(),
  nextAt: z.number().int().nullable(),
  createdBy: z.string(),
  createdAt: z.number().int(),
  updatedAt: z.number().int(),
  lastRun: scheduleRunView.nullable(),
});
export type ScheduleView = z.infer<typeof scheduleView>;

const name = z.string().trim().min(1).max(80);
/** Five fields: minute, hour, day of month, month, day of week. */
const cron = z.string().trim().min(1).max(MAX_CRON_CHARS);
/** IANA name of a time zone. */
const timeZone = z.string().trim().min(1).max(64);
const prompt = z.string().trim().min(1);

/** To `POST /api/schedules` of a tenant. */
export const createScheduleBody = z.strictObject({
  name,
  cron,
  timeZone: timeZone.default('UTC'),
  prompt,
  /** An existing session; without one its first run makes one. */
  sessionId: ulidSchema.optional(),
  enabled: z.boolean().default(true),
});
export type CreateScheduleBody = z.infer<typeof createScheduleBody>;

/** To `PATCH /api/schedules/:scheduleId`. */
export const updateScheduleBody = z
  .strictObject({
    name: name.optional(),
    cron: cron.optional(),
    timeZone: timeZone.optional(),
    prompt: prompt.optional(),
    sessionId: ulidSchema.nullable().optional(),
    enabled: z.boolean().optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    message: 'names nothing to change',
  });
export type UpdateScheduleBody = z.infer<typeof updateScheduleBody>;

/** Times that a look ahead at an expression names. */
export const TIMES_AHEAD = 3;

/** To `GET /api/schedule-times`: what an expression means, before it is stored. */
export const scheduleTimesQuery = z.object({ cron, timeZone: timeZone.default('UTC') });
export type ScheduleTimesQuery = z.infer<typeof scheduleTimesQuery>;
/** Its next times, UTC ms, the soonest first. */
export const scheduleTimes = z.object({ times: z.array(z.number().int()).max(TIMES_AHEAD) });

/** To `GET /api/schedules/:scheduleId/runs`. */
export const scheduleRunsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(KEPT_RUNS).default(20),
});

export const scheduleList = z.object({ schedules: z.array(scheduleView) });
export const scheduleRunList = z.object({ runs: z.array(scheduleRunView) });
