import { and, desc, eq, isNotNull } from 'drizzle-orm';
import { turns } from '../db/agent/schema.ts';
import { reasonOf, type LogEntry } from './log.ts';
import { OpenClawLink } from './openclaw-link.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';
import type { TurnDriverDeps } from './turn-driver.ts';
import { sessionKeyOf } from './turns.ts';

/** Sessions whose runs are stopped before a sandbox is put to sleep: the ones used last. */
const MAX_STOPPED_SESSIONS = 50;
/** Stopping runs may take this long, ms; the drain ends what is left of them. */
const STOP_RUNS_MS = 10_000;

export interface SuspendDeps {
  db: AgentDb;
  sandbox: Pick<SandboxDriver, 'wake' | 'apply'>;
  openGateway: TurnDriverDeps['openGateway'];
  /** Whether the agent is still suspended. */
  isSuspended(): boolean;
  log(entry: LogEntry): void;
}

/** Sessions in which this generation had a turn that we ended: its run may still be on. */
function sessionsToStop(db: AgentDb, generation: number): string[] {
  const rows = db
    .selectDistinct({ id: turns.sessionId })
    .from(turns)
    .where(
      and(eq(turns.generation, generation), eq(turns.state, 'error'), isNotNull(turns.startedAt)),
    )
    .orderBy(desc(turns.endedAt))
    .limit(MAX_STOPPED_SESSIONS)
    .all();
  return rows.map(({ id }) => id);
}

/** Tells OpenClaw to stop runs whose turns have ended, or a later wake would take them up again. */
async function stopRuns(deps: SuspendDeps): Promise<void> {
  const ids = sessionsToStop(deps.db, deps.sandbox.wake.generation);
  if (ids.length === 0) return;
  const { socket, token } = await deps.openGateway();
  const timer = setTimeout(() => socket.close(1000, 'too late'), STOP_RUNS_MS);
  try {
    const link = await OpenClawLink.open(socket, { token, onEvent: () => undefined });
    try {
      for (const id of ids) await link.request('chat.abort', { sessionKey: sessionKeyOf(id) });
    } finally {
      link.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Begins to put the sandbox of a suspended agent to sleep: runs are stopped, then it drains as it
 * always does, so that nothing is lost. One that is starting is left alone until it is ready.
 */
export async function putToSleep(deps: SuspendDeps): Promise<void> {
  const { sandbox, isSuspended, log } = deps;
  if (sandbox.wake.state !== 'ready') return;
  try {
    await stopRuns(deps);
  } catch (error) {
    // It sleeps all the same; a run that is on is ended by the drain.
    log({ level: 'warn', msg: 'runs were not stopped', error: reasonOf(error) });
  }
  if (isSuspended()) sandbox.apply({ type: 'drain', force: false });
}
