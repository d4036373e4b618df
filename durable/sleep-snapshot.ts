import { dirtySince } from './activity.ts';
import { getSnapshot } from './snapshot-index.ts';
import { dropTicket, issueTicket, markFailed } from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { SupervisorError, type SupervisorClient } from './supervisor-client.ts';

/** Pause between looks whether the snapshot under way is over, ms. */
const BUSY_POLL_MS = 500;
/** A snapshot under way ends by itself within this time: its put is cut after 8.5 min, ms. */
const BUSY_WAIT_MS = 10 * 60_000;
/** An operator who insists on the sleep waits for one this long, ms. */
const FORCED_BUSY_WAIT_MS = 30_000;

export interface SleepSnapshotDeps {
  db: AgentDb;
  supervisor: Pick<SupervisorClient, 'snapshot'>;
  generation: number;
  now(): number;
  /** Asked anew each time: an operator may insist in the meantime. */
  isForced(): boolean;
}

/**
 * Saves an agent whose OpenClaw has stopped, unless nothing has changed. A checkpoint under way is
 * waited for, and may have saved everything. Throws when the state could not be stored.
 */
export async function saveForSleep(deps: SleepSnapshotDeps): Promise<void> {
  const begunAt = deps.now();
  while (dirtySince(deps.db) !== null) {
    if ((await takeOne(deps)) === 'stored') return;
    const waitMs = deps.isForced() ? FORCED_BUSY_WAIT_MS : BUSY_WAIT_MS;
    if (deps.now() - begunAt > waitMs) {
      throw new SupervisorError('snapshot_busy', 'the snapshot before this one does not end');
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_POLL_MS));
  }
}

async function takeOne(deps: SleepSnapshotDeps): Promise<'stored' | 'busy'> {
  const { db, supervisor, generation, now } = deps;
  const ticket = await issueTicket(db, { kind: 'sleep', generation, now: now() });
  try {
    await supervisor.snapshot(ticket);
  } catch (error) {
    if (error instanceof SupervisorError && error.code === 'snapshot_busy') {
      dropTicket(db, ticket.id);
      return 'busy';
    }
    markFailed(db, ticket.id);
    throw error;
  }
  if (getSnapshot(db, ticket.id)?.state === 'stored') return 'stored';
  markFailed(db, ticket.id);
  throw new Error('the snapshot was not stored');
}
