import { backOff, dueSteps, finishStep, takeStep, type DueKind, type DueStep } from './due.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { AgentDb } from './storage.ts';
import { note } from './timeline.ts';

/** What each kind of step does. A step starts wakes, turns and transfers, and never waits for them. */
export type DueWork = Record<DueKind, (key: string) => void | Promise<void>>;

export interface RunDueDeps {
  db: AgentDb;
  now(): number;
  log(entry: LogEntry): void;
}

/**
 * Runs the steps whose time has come side by side: one that is slow or fails holds up no other, so
 * that D1 being down delays no schedule.
 */
export async function runDue(work: DueWork, deps: RunDueDeps): Promise<void> {
  await Promise.all(dueSteps(deps.db, deps.now()).map((due) => runStep(work, deps, due)));
}

async function runStep(work: DueWork, { db, now, log }: RunDueDeps, due: DueStep): Promise<void> {
  const step = takeStep(db, due, now());
  try {
    await work[step.kind](step.key);
    finishStep(db, step);
  } catch (error) {
    log({ level: 'warn', msg: 'due step failed', kind: step.kind, error: reasonOf(error) });
    const attempts = step.attempts + 1;
    note(db, { type: 'due.failed', kind: step.kind, attempts }, now());
    backOff(db, step, now());
  }
}
