import { readCell, writeCell } from './cells.ts';
import type { AgentDb } from './storage.ts';

/** Somebody used the agent: its idle time begins anew. */
export function noteActive(db: AgentDb, now: number): void {
  const { changes = 0, saved = 0, dirtySince = null } = readCell(db, 'activity') ?? {};
  writeCell(db, 'activity', { lastActiveAt: now, changes, saved, dirtySince });
}

/** What OpenClaw keeps has changed since the newest snapshot. */
export function noteDirty(db: AgentDb, now: number): void {
  const { lastActiveAt = now, changes = 0, saved = 0, dirtySince } = readCell(db, 'activity') ?? {};
  writeCell(db, 'activity', {
    lastActiveAt,
    changes: changes + 1,
    saved,
    dirtySince: dirtySince ?? now,
  });
}

/** A snapshot is stored that was begun at `begunAt` and holds the first `saved` changes, at least. */
export function noteSaved(db: AgentDb, snapshot: { changes: number; begunAt: number }): void {
  const activity = readCell(db, 'activity');
  if (!activity || snapshot.changes <= activity.saved) return;
  const { lastActiveAt, changes } = activity;
  const saved = Math.min(snapshot.changes, changes);
  const dirtySince = saved === changes ? null : snapshot.begunAt;
  writeCell(db, 'activity', { lastActiveAt, changes, saved, dirtySince });
}

/** How often what OpenClaw keeps has changed in the agent's life. */
export function countChanges(db: AgentDb): number {
  return readCell(db, 'activity')?.changes ?? 0;
}

/** Since when the agent holds something that no snapshot does, UTC ms; null when it does not. */
export function dirtySince(db: AgentDb): number | null {
  return readCell(db, 'activity')?.dirtySince ?? null;
}
