import type {
  SnapshotKind,
  SnapshotState,
  SnapshotView,
} from '../../../../../../contract/snapshots.ts';
import type { Toned } from '../../../ui/tone.ts';

/** Why a snapshot was made, as operators read it. */
export const SNAPSHOT_KINDS: Record<SnapshotKind, string> = {
  sleep: 'Falling asleep',
  checkpoint: 'While it worked',
  manual: 'By hand',
};

/** How far it is. */
export const SNAPSHOT_STATES: Record<SnapshotState, Toned> = {
  ticketed: { name: 'Being saved', tone: 'busy' },
  stored: { name: 'Stored', tone: 'good' },
  failed: { name: 'Not saved', tone: 'warn' },
  damaged: { name: 'Damaged', tone: 'bad' },
  deleting: { name: 'Being deleted', tone: 'plain' },
};

/** What is saved of an agent. */
export interface Storage {
  /** Those whose bytes are there. */
  count: number;
  bytes: number;
  /** UTC ms; null when nothing is saved. */
  newestAt: number | null;
}

/** Sums of what is stored; a damaged one takes room as well. */
export function storageOf(snapshots: readonly SnapshotView[]): Storage {
  const kept = snapshots.filter(({ state }) => state === 'stored' || state === 'damaged');
  const stored = snapshots.filter(({ state }) => state === 'stored');
  const times = stored.map(({ storedAt, createdAt }) => storedAt ?? createdAt);
  return {
    count: stored.length,
    bytes: kept.reduce((sum, { size }) => sum + (size ?? 0), 0),
    newestAt: times.length === 0 ? null : Math.max(...times),
  };
}
