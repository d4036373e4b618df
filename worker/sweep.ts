import type { SweepRow } from '../db/queries/agents.ts';

/** How late an agent's own alarm must be before cron steps in, ms. */
export const OVERDUE_MS = 5 * 60_000;
/** The schedule of wrangler.jsonc, ms. */
export const SWEEP_INTERVAL_MS = 5 * 60_000;
/** How late something must be before a person should look, ms: two sweeps have not mended it. */
export const ATTENTION_MS = OVERDUE_MS + 2 * SWEEP_INTERVAL_MS;
/** Agents told their record in one sweep: each is one call, and a sweep has 15 minutes. */
export const MAX_RECORDS_PER_SWEEP = 50;
/** Agents poked in one sweep. */
export const MAX_POKES_PER_SWEEP = 50;
/** Deletions driven on in one sweep: each is a handful of calls. */
export const MAX_DELETIONS_PER_SWEEP = 20;
/** Hostnames handed on in one sweep: each is two writes, and its heir one call. */
export const MAX_SETTLEMENTS_PER_SWEEP = 50;
/** Rows looked at in one sweep; more than it acts on, so that agents that keep failing don't crowd out others. */
export const MAX_ROWS_PER_SWEEP = 500;

/** At most `max` of a list, starting elsewhere each turn: nobody is left out for good. */
function someOf<T>(list: readonly T[], options: { max: number; turn: number }): T[] {
  const { max, turn } = options;
  if (list.length <= max) return [...list];
  const start = (turn * max) % list.length;
  return [...list.slice(start), ...list.slice(0, start)].slice(0, max);
}

const idsOf = (chosen: readonly SweepRow[]): string[] => chosen.map((row) => row.tenantId);

/**
 * Whom a sweep tells their record and whom it pokes. `turn` counts sweeps. An agent that gets its
 * record is poked too when it is overdue.
 */
export function chooseSweep(
  rows: readonly SweepRow[],
  options: { now: number; turn: number },
): { tell: string[]; poke: string[] } {
  const { now, turn } = options;
  const behind = rows.filter((row) => row.appliedVersion < row.version);
  const overdue = rows.filter((row) => row.nextDueAt !== null && row.nextDueAt < now - OVERDUE_MS);
  return {
    tell: idsOf(someOf(behind, { max: MAX_RECORDS_PER_SWEEP, turn })),
    poke: idsOf(someOf(overdue, { max: MAX_POKES_PER_SWEEP, turn })),
  };
}

/** Which of the deletions under way a sweep drives on. `turn` counts sweeps. */
export function chooseDeletions(ids: readonly string[], { turn }: { turn: number }): string[] {
  return someOf(ids, { max: MAX_DELETIONS_PER_SWEEP, turn });
}
