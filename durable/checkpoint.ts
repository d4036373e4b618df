import type { AgentState } from '../contract/agent.ts';

/** A checkpoint waits until nobody has used the agent for this long, ms: talk comes in bursts. */
export const CHECKPOINT_QUIET_MS = 20_000;
/** Talk that never pauses is saved at the latest this long after the first unsaved change, ms. */
export const CHECKPOINT_MAX_DELAY_MS = 5 * 60_000;
/** When something is in the way of a checkpoint, the next look is this much later, ms. */
export const CHECKPOINT_LOOK_MS = 5_000;
/** First pause after a failed checkpoint, ms; doubles with each failure in a row. */
export const CHECKPOINT_BACKOFF_MS = 30_000;
/** Longest pause after a failed checkpoint, ms. */
export const MAX_CHECKPOINT_BACKOFF_MS = 15 * 60_000;

/** What decides whether a checkpoint is made. All times are UTC ms. */
export interface CheckpointFacts {
  state: AgentState;
  openTurns: number;
  /** Whether a snapshot of this generation is under way. */
  isSaving: boolean;
  /** When somebody used the agent last. */
  lastActiveAt: number;
  /** Since when there is something to save; null when there is nothing. */
  dirtySince: number | null;
  failures: { count: number; lastAt: number };
  now: number;
}

/**
 * Whether an agent's state is saved now, or when to look again; null when there is nothing to save,
 * or when something else sees to it: a sandbox that is not ready is saved by its sleep, or is gone.
 */
export function decideCheckpoint(
  facts: CheckpointFacts,
): { take: true } | { lookAt: number } | null {
  const { state, openTurns, isSaving, lastActiveAt, dirtySince, failures, now } = facts;
  if (state !== 'ready' || dirtySince === null) return null;
  const quietAt = lastActiveAt + CHECKPOINT_QUIET_MS;
  const wantedAt = Math.min(quietAt, dirtySince + CHECKPOINT_MAX_DELAY_MS);
  const at = Math.max(wantedAt, failures.count > 0 ? failures.lastAt + pauseMs(failures.count) : 0);
  if (at > now) return { lookAt: at };
  if (openTurns > 0 || isSaving) return { lookAt: now + CHECKPOINT_LOOK_MS };
  return { take: true };
}

function pauseMs(failures: number): number {
  return Math.min(CHECKPOINT_BACKOFF_MS * 2 ** (failures - 1), MAX_CHECKPOINT_BACKOFF_MS);
}
