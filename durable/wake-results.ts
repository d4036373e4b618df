import type { WakeResult } from '../contract/wakes.ts';
import { readCell, writeCell } from './cells.ts';
import type { AgentDb } from './storage.ts';
import { isWaking, type WakeState } from './wake.ts';

/**
 * Results kept for a D1 that is down: an agent that fails all the time makes twelve an hour, and the
 * oldest are for counting only.
 */
export const MAX_UNREPORTED = 100;

/** What a step of the wake machine means for its generation; null while nothing became of it. */
export function resultOf(before: WakeState, after: WakeState): WakeResult | null {
  if (after.state === before.state) return null;
  const { generation, since: at } = after;
  const ms = after.timings.reduce((sum, timing) => sum + timing.ms, 0);
  if (after.state === 'ready') return { generation, outcome: 'ready', at, ms };
  if (after.state !== 'failed') return null;
  return isWaking(before.state)
    ? { generation, outcome: 'failed', at, ms }
    : { generation, outcome: 'lost', at, ms: Math.max(0, at - before.since) };
}

/** Keeps a result until D1 has it, in the commit that makes it so. */
export function keepResult(db: AgentDb, result: WakeResult | null): void {
  if (result === null) return;
  writeCell(db, 'wakeResults', [...unreported(db), result].slice(-MAX_UNREPORTED));
}

/** What D1 does not know yet, the oldest first. */
export function unreported(db: AgentDb): readonly WakeResult[] {
  return readCell(db, 'wakeResults') ?? [];
}

/** D1 has these. More may have come while they were on their way. */
export function forgetReported(db: AgentDb, reported: readonly WakeResult[]): void {
  if (reported.length === 0) return;
  const isReported = ({ generation, outcome }: WakeResult): boolean =>
    reported.some((one) => one.generation === generation && one.outcome === outcome);
  writeCell(
    db,
    'wakeResults',
    unreported(db).filter((one) => !isReported(one)),
  );
}
