import { backOff, dueSteps, finishStep, takeStep, type DueKind } from './due.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { AgentDb } from './storage.ts';

/** What each kind of step does. A step starts wakes, turns and transfers, and never waits for them. */
export type DueWork = Record<DueKind, (key: string) => void | Promise<void>>;

/** Runs the steps whose time has come, each alone: one that fails backs off and holds up no other. */
export async function runDue(
  work: DueWork,
  deps: { db: AgentDb; now(): number; log(entry: LogEntry): void },
): Promise<void> {
  const { db, now, log } = deps;
  for (const due of dueSteps(db, now())) {
    const step = takeStep(db, due, now());
    try {
      await work[step.kind](step.key);
      finishStep(db, step);
    } catch (error) {
      log({ level: 'warn', msg: 'due step failed', kind: step.kind, error: reasonOf(error) });
      backOff(db, step, now());
    }
  }
}
