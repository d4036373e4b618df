import { and, desc, eq, inArray } from 'drizzle-orm';
import { tenantId, ulidSchema } from '../contract/ids.ts';
import type { SnapshotState, SnapshotView } from '../contract/snapshots.ts';
import type { RestorePoint } from '../contract/supervisor.ts';
import { snapshots } from '../db/agent/schema.ts';
import { readCell, writeCell } from './cells.ts';
import type { AgentDb } from './storage.ts';

export type Snapshot = typeof snapshots.$inferSelect;

/** Where a snapshot's bytes are, for who may have them. */
export interface SnapshotObject {
  key: string;
  size: number;
  sha256: string;
}

/** Entries that a list holds: retention leaves fewer, but for what one busy hour brings. */
export const LISTED_SNAPSHOTS = 500;

/** States whose object is whole in R2 as far as is known, or was when it was stored. */
const KEPT: readonly SnapshotState[] = ['stored', 'damaged'];

/**
 * Where all that is a tenant's lies in R2, and nothing else does. Throws for what is no tenant's id:
 * then it could name another place.
 */
export function tenantPrefix(id: string): string {
  return `tenants/${tenantId.parse(id)}/`;
}

/** Where a tenant's snapshots lie in R2, and nothing else does. Throws as tenantPrefix. */
export function snapshotPrefix(id: string): string {
  return `${tenantPrefix(id)}snapshots/`;
}

/** Where one snapshot lies in R2. Throws for what is no tenant's or no snapshot's id. */
export function snapshotKey(id: string, snapshotId: string): string {
  return `${snapshotPrefix(id)}${ulidSchema.parse(snapshotId)}.tar.zst`;
}

export function getSnapshot(db: AgentDb, id: string): Snapshot | null {
  return db.select().from(snapshots).where(eq(snapshots.id, id)).get() ?? null;
}

/** The newest entries of the index, whatever became of them. */
export function listSnapshots(db: AgentDb, limit: number): Snapshot[] {
  return db.select().from(snapshots).orderBy(desc(snapshots.id)).limit(limit).all();
}

/** Whether a snapshot has an object that can be restored from or downloaded. */
export function isKept({ state }: Pick<Snapshot, 'state'>): boolean {
  return KEPT.includes(state);
}

/** The id of the snapshot that the next generation restores from, or null when there is none. */
export function headOf(db: AgentDb): string | null {
  const head = readCell(db, 'head');
  if (head !== null) return head;
  // An agent of before the head was written down restores from its newest.
  const stored = eq(snapshots.state, 'stored');
  const newest = db.select().from(snapshots).where(stored).orderBy(desc(snapshots.id)).limit(1);
  return newest.get()?.id ?? null;
}

/** Makes a snapshot the one that the next generation restores from. */
export function setHead(db: AgentDb, id: string): void {
  writeCell(db, 'head', id);
}

/** What the next generation restores from. Null is "no snapshot", in the agent's own word. */
export function restorePoint(db: AgentDb): RestorePoint | null {
  const head = headOf(db);
  if (head === null) return null;
  const row = getSnapshot(db, head);
  // Never an empty agent or an older one in its place: that is for an operator to say.
  if (!row || row.size === null || row.sha256 === null) {
    throw new Error('the snapshot to restore from is not in the index');
  }
  return { id: row.id, size: row.size, sha256: row.sha256 };
}

/** A restore did not verify. The snapshot stays the head, so that no other one slips in for it. */
export function markDamaged(db: AgentDb, id: string): void {
  const head = headOf(db);
  db.update(snapshots)
    .set({ state: 'damaged' })
    .where(and(eq(snapshots.id, id), inArray(snapshots.state, [...KEPT])))
    .run();
  if (head !== null) setHead(db, head);
}

/** Condemns a snapshot: its object goes first, then its row. Nothing restores from it any more. */
export function markDeleting(db: AgentDb, id: string): void {
  db.update(snapshots)
    .set({ state: 'deleting' })
    .where(and(eq(snapshots.id, id), inArray(snapshots.state, [...KEPT])))
    .run();
}

/** An entry as operators and owners see it. */
export function snapshotView(row: Snapshot, head: string | null): SnapshotView {
  const { id, kind, state, size, sha256, generation, createdAt, storedAt } = row;
  const current = id === head;
  return { id, kind, state, size, sha256, generation, createdAt, storedAt, current };
}
