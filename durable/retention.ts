import type { SnapshotKind, SnapshotState } from '../contract/snapshots.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** Snapshots made on demand that are kept besides the others: the newest ones, 1 GiB each at most. */
export const MAX_MANUAL_SNAPSHOTS = 20;
/** A snapshot that did not verify is kept this long, ms, for an operator to look at. */
export const DAMAGED_KEPT_MS = WEEK_MS;

/** The older a snapshot, the longer the time for which it stands alone, in UTC hours, days, weeks. */
const STEPS: readonly { untilMs: number; everyMs: number | null }[] = [
  { untilMs: HOUR_MS, everyMs: null },
  { untilMs: DAY_MS, everyMs: HOUR_MS },
  { untilMs: WEEK_MS, everyMs: DAY_MS },
  { untilMs: 8 * WEEK_MS, everyMs: WEEK_MS },
];

/** A snapshot as far as retention looks at it. */
export interface RetentionEntry {
  id: string;
  kind: SnapshotKind;
  state: SnapshotState;
  /** UTC ms. */
  createdAt: number;
}

/** The time in which a snapshot stands alone, by a name; null when it is too old to be kept. */
function periodOf(createdAt: number, now: number): string | null {
  const step = STEPS.find(({ untilMs }) => now - createdAt < untilMs);
  if (!step) return null;
  const { everyMs } = step;
  return everyMs === null ? `all ${createdAt}` : `${everyMs} ${Math.floor(createdAt / everyMs)}`;
}

/**
 * The snapshots that are not kept any longer, by id: all of the last hour stay, then the newest of
 * each hour for a day, of each day for a week, of each week for eight weeks, and besides them the
 * newest made on demand. Whatever `spared` names stays, and so does what is under way.
 */
export function thin(
  entries: readonly RetentionEntry[],
  spared: ReadonlySet<string>,
  now: number,
): string[] {
  const newestFirst = entries.toSorted((a, b) => b.createdAt - a.createdAt);
  const stored = newestFirst.filter(({ state }) => state === 'stored');
  const manual = stored.filter(({ kind }) => kind === 'manual').slice(0, MAX_MANUAL_SNAPSHOTS);
  const byHand = new Set(manual.map(({ id }) => id));
  const taken = new Set<string>();
  const tooMany = stored.filter(({ id, createdAt }) => {
    if (byHand.has(id)) return false;
    const period = periodOf(createdAt, now);
    if (period === null) return true;
    const isTaken = taken.has(period) && !period.startsWith('all');
    taken.add(period);
    return isTaken;
  });
  const spoilt = newestFirst.filter(
    ({ state, createdAt }) => state === 'damaged' && now - createdAt >= DAMAGED_KEPT_MS,
  );
  return [...tooMany, ...spoilt].map(({ id }) => id).filter((id) => !spared.has(id));
}
