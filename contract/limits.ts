import { z } from 'zod';

/** The largest value of any limit: money of $1,000,000 a month, in nano-dollars. */
const MAX_LIMIT = 1_000_000_000_000_000;

const amount = z.number().int().nonnegative().max(MAX_LIMIT);
const positive = amount.min(1);

/**
 * What one agent may use. A tier has all of them, and a tenant may have its own in place of any.
 * Windows are UTC and whole: a minute, a day and a month of the calendar.
 */
export const limits = z.object({
  /** Model calls of one minute; repeats on the fallback belong to their call. */
  maxCallsPerMinute: amount,
  /** Messages taken in one minute; schedules have bounds of their own. */
  maxTurnsPerMinute: amount,
  /** Calls under way at once. */
  maxConcurrentCalls: amount,
  /** Tokens in and out of one day. */
  maxTokensPerDay: amount,
  /** Money of one month, in nano-dollars. */
  maxNanoPerMonth: amount,
  /** Longest message a member may send, in characters; no frame holds more than the upper bound. */
  maxMessageChars: positive.max(100_000),
  /** Turns waiting in one session behind the running one. */
  maxQueuedTurns: amount.max(1_000),
  /** Sessions kept at a time. */
  maxSessions: positive.max(10_000),
  maxSchedules: amount.max(1_000),
  /** Shortest time between two runs of a schedule, ms: each one keeps a sandbox awake for a while. */
  minScheduleIntervalMs: positive.min(60_000),
});
export type Limits = z.infer<typeof limits>;

/** A tenant's own limits in place of its tier's. */
export const limitOverrides = limits.partial();
export type LimitOverrides = z.infer<typeof limitOverrides>;

/** A change of them: a value sets one, null goes back to the tier's, what is absent stays. */
export const limitChanges = z
  .strictObject(
    Object.fromEntries(
      Object.entries(limits.shape).map(([name, schema]) => [name, schema.nullable().optional()]),
    ) as { [Name in keyof Limits]: z.ZodOptional<z.ZodNullable<z.ZodNumber>> },
  )
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), {
    message: 'names no limit',
  });
export type LimitChanges = z.infer<typeof limitChanges>;

/** The overrides after a change; null when none is left. */
export function changeLimits(
  before: LimitOverrides | null,
  changes: LimitChanges,
): LimitOverrides | null {
  const named = Object.entries({ ...before, ...changes }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return named.length === 0 ? null : limitOverrides.parse(Object.fromEntries(named));
}
