import { z } from 'zod';
import { agentInspection } from './api.ts';
import { timelineEntry } from './timeline.ts';

/** Watchers of one agent at a time: a few operators with a few tabs each. */
export const MAX_WATCHERS = 20;
/**
 * Inspections sent for what happens meanwhile are this far apart at least, ms; when the agent's state
 * changes one is sent at once.
 */
export const MIN_INSPECTION_PAUSE_MS = 1_000;

/**
 * What the agent sends over `GET /admin/api/agents/:id/live`. A watcher sends nothing but `PING` (of
 * contract/frames.ts), answered by `PONG`; for all else it is closed with 1008. After an hour it is
 * closed with 4408 and may come back.
 */
export const liveFrame = z.discriminatedUnion('t', [
  /** First frame of every socket, and after what happened. `seq` is the newest timeline entry's. */
  z.object({
    t: z.literal('live'),
    seq: z.number().int().nonnegative(),
    inspection: agentInspection,
  }),
  /** What happened. Numbers missing between two frames are asked for at the timeline's address. */
  z.object({ t: z.literal('timeline'), entries: z.array(timelineEntry) }),
]);
export type LiveFrame = z.infer<typeof liveFrame>;
