import type { AgentState } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import { isWaking } from './wake.ts';

/** What decides whether an agent may go back to a snapshot. */
export interface RestoreFacts {
  state: AgentState;
  openTurns: number;
  /** Whatever is not saved yet may be lost. */
  force: boolean;
}

/**
 * How an agent goes back to a snapshot: `now`, or once its sandbox has been saved and ended
 * (`drained`). AppError conflict when something is under way that must not be lost or crossed.
 */
export function decideRestore({ state, openTurns, force }: RestoreFacts): 'now' | 'drained' {
  if (state === 'draining') {
    throw new AppError('conflict', 'The agent is falling asleep.', {
      hint: 'Wait until it sleeps, then restore.',
    });
  }
  if (openTurns > 0 && !force) {
    throw new AppError('conflict', 'A turn is open, and would be answered from the older state.', {
      hint: 'Stop it or wait for it, or force the restore.',
    });
  }
  if (isWaking(state) && !force) {
    throw new AppError('conflict', 'The agent is waking.', {
      hint: 'Wait until it is ready, or force the restore.',
    });
  }
  return state === 'asleep' || state === 'failed' ? 'now' : 'drained';
}

/** Failures of a wake that are the snapshot's, and that another try would only repeat. */
const SNAPSHOT_FAILURES: ReadonlySet<string> = new Set(['restore_corrupt', 'restore_missing']);

/** Whether a wake failed because of the snapshot that it restored from. */
export function isSnapshotsFault(code: string): boolean {
  return SNAPSHOT_FAILURES.has(code);
}

/** The same failure with what an operator can do about it. */
export function withRemedy<F extends { code: string; message: string }>(
  failure: F,
  restore: { id: string } | null,
): F {
  if (!restore || !isSnapshotsFault(failure.code)) return failure;
  const named = failure.message.includes(restore.id)
    ? failure.message
    : `Snapshot ${restore.id}: ${failure.message}`;
  return { ...failure, message: `${named} Nothing was overwritten: restore an older snapshot.` };
}
