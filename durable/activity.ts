import { readCell, writeCell } from './cells.ts';
import type { AgentDb } from './storage.ts';

/** Somebody used the agent: its idle time begins anew. */
export function noteActive(db: AgentDb, now: number): void {
  const dirty = readCell(db, 'activity')?.dirty ?? false;
  writeCell(db, 'activity', { lastActiveAt: now, dirty });
}

/** What OpenClaw keeps has changed since the newest snapshot. */
export function noteDirty(db: AgentDb, now: number): void {
  const lastActiveAt = readCell(db, 'activity')?.lastActiveAt ?? now;
  writeCell(db, 'activity', { lastActiveAt, dirty: true });
}
