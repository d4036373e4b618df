import { z } from 'zod';
import { agentState } from './agent.ts';
import { snapshotKind } from './snapshots.ts';
import { workloadSchema } from './tiers.ts';
import { outcome, settlement } from './usage.ts';

/** Entries that an agent keeps: a busy day's, in a megabyte of its SQLite at most. */
export const MAX_TIMELINE_ENTRIES = 1_000;
/** Entries of one answer. */
const MAX_TIMELINE_PAGE = 200;

const ms = z.number().nonnegative();
const failure = {
  code: z.string(),
  /** A sentence for operators. */
  message: z.string(),
  /** UTC ms; null when only somebody's word makes it try again. */
  nextTryAt: z.number().int().nullable(),
  /** Failures in a row by now. */
  attempts: z.number().int().positive(),
};

/** What happened to an agent, by type. It never holds what anybody wrote. */
export const timelineData = z.discriminatedUnion('type', [
  /** A generation begins, from this snapshot or from nothing. */
  z.object({ type: z.literal('start'), restore: z.string().nullable() }),
  /** A stage is reached; `ms` is since the wake began. */
  z.object({ type: z.literal('stage'), stage: agentState, ms }),
  /** The agent is ready; `ms` is the whole wake, `restored` the snapshot that was verified. */
  z.object({ type: z.literal('ready'), ms, restored: z.string().nullable() }),
  /** It falls asleep; with `again` to wake as another generation at once. */
  z.object({ type: z.literal('drain'), force: z.boolean(), again: z.boolean() }),
  /** It sleeps; `ms` is how long it took to, 0 when it was cut off. */
  z.object({ type: z.literal('asleep'), ms }),
  /** A wake failed, or a sandbox was lost. */
  z.object({ type: z.literal('failed'), ...failure }),
  /** Its state could not be saved yet: it goes on draining. */
  z.object({ type: z.literal('unsaved'), ...failure }),
  z.object({
    type: z.literal('snapshot.stored'),
    id: z.string(),
    kind: snapshotKind,
    size: z.number().int(),
  }),
  /** A snapshot did not verify when it was restored. */
  z.object({ type: z.literal('snapshot.damaged'), id: z.string() }),
  z.object({
    type: z.literal('turn.started'),
    sessionId: z.string(),
    turnId: z.string(),
    workload: workloadSchema,
  }),
  z.object({
    type: z.literal('turn.ended'),
    sessionId: z.string(),
    turnId: z.string(),
    state: z.enum(['done', 'aborted', 'error']),
    /** Since it started; null when it never did. */
    ms: ms.nullable(),
  }),
  /** A model call, once all its attempts are booked. Model and outcome are the last attempt's. */
  z.object({
    type: z.literal('call'),
    callId: z.string(),
    turnId: z.string().nullable(),
    workload: workloadSchema,
    model: z.string(),
    attempts: z.number().int().positive(),
    costNano: z.number().int(),
    outcome,
    settledBy: settlement,
    /** Of the last attempt. */
    ms,
  }),
  /** A step of the agent's alarm failed; it is tried again. */
  z.object({
    type: z.literal('due.failed'),
    kind: z.string(),
    attempts: z.number().int().positive(),
  }),
  /** The tenant's record came into force in this version. */
  z.object({ type: z.literal('settings'), version: z.number().int() }),
]);
export type TimelineData = z.infer<typeof timelineData>;

export const timelineEntry = z.object({
  /** Counts up from 1; a gap is what was forgotten. */
  seq: z.number().int().positive(),
  /** UTC ms. */
  at: z.number().int(),
  /** The life of the sandbox that was, or had been last. */
  generation: z.number().int().nonnegative(),
  data: timelineData,
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

/** What `GET /admin/api/agents/:id/timeline` is asked with. */
export const timelineQuery = z.strictObject({
  /** The entries right after this one. Without it the newest are given. */
  after: z.coerce.number().int().nonnegative().optional(),
  /** Only entries before this one. */
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_TIMELINE_PAGE).default(50),
});
export type TimelineQuery = z.infer<typeof timelineQuery>;

/** From `GET /admin/api/agents/:id/timeline`. */
export const timelinePage = z.object({
  /** The oldest first. */
  entries: z.array(timelineEntry),
  /** Whether there are more the same way: newer ones with `after`, else older ones. */
  more: z.boolean(),
  /** The newest entry's number; 0 when there is none. */
  lastSeq: z.number().int().nonnegative(),
});
export type TimelinePage = z.infer<typeof timelinePage>;
