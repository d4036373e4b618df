import { and, eq, inArray, lt, ne } from 'drizzle-orm';
import { decodeTime } from 'ulid';
import { ulidSchema } from '../contract/ids.ts';
import { snapshots } from '../db/agent/schema.ts';
import { readCell } from './cells.ts';
import { thin } from './retention.ts';
import {
  getSnapshot,
  headOf,
  isKept,
  markDeleting,
  snapshotKey,
  snapshotPrefix,
} from './snapshot-index.ts';
import type { AgentDb } from './storage.ts';

/** What becomes of a ticket is known long before this, ms: it ends with the put, in 15 min at most. */
export const ORPHAN_AGE_MS = 3_600_000;
/** Objects looked at, or removed, in one go: what R2 takes in one request. */
const PAGE = 1_000;
/** Time between two looks at snapshots that only grow older, ms. */
export const RETENTION_MS = 24 * 3_600_000;

export interface RetentionDeps {
  db: AgentDb;
  bucket: Pick<R2Bucket, 'list' | 'delete'>;
  tenantId: string;
  now: number;
}

/**
 * Lets go of the snapshots that are not kept any longer, and of what is left of those that came to
 * nothing. Objects without a row are looked for after the name `after`, one page at a time.
 * @returns where to go on at once, or null when there is nothing more.
 */
export async function retain(deps: RetentionDeps, after: string): Promise<string | null> {
  condemn(deps);
  const isMore = await removeCondemned(deps);
  dropOldTickets(deps);
  return (await removeOrphans(deps, after)) ?? (isMore ? '' : null);
}

/** Whether anything is there that will grow too old one day. */
export function needsRetention(db: AgentDb): boolean {
  const others = ne(snapshots.id, headOf(db) ?? '');
  return db.select({ id: snapshots.id }).from(snapshots).where(others).limit(1).get() !== undefined;
}

/** Condemns in one commit, so that nothing is chosen for a restore and removed at once. */
function condemn({ db, now }: RetentionDeps): void {
  const spared = [headOf(db), readCell(db, 'restoreWish')].filter((id) => id !== null);
  const entries = db.select().from(snapshots).all();
  for (const id of thin(entries, new Set(spared), now)) markDeleting(db, id);
}

/** Removes objects, then their rows: a kill in between leaves a row that says what is to be done. */
async function removeCondemned({ db, bucket, tenantId }: RetentionDeps): Promise<boolean> {
  const isCondemned = eq(snapshots.state, 'deleting');
  const rows = db.select().from(snapshots).where(isCondemned).limit(PAGE).all();
  if (rows.length === 0) return false;
  await bucket.delete(rows.map(({ id }) => snapshotKey(tenantId, id)));
  for (const { id } of rows) db.delete(snapshots).where(eq(snapshots.id, id)).run();
  return rows.length === PAGE;
}

function dropOldTickets({ db, now }: RetentionDeps): void {
  const isNothing = inArray(snapshots.state, ['ticketed', 'failed']);
  db.delete(snapshots)
    .where(and(isNothing, lt(snapshots.createdAt, now - ORPHAN_AGE_MS)))
    .run();
}

async function removeOrphans(deps: RetentionDeps, after: string): Promise<string | null> {
  const { db, bucket, tenantId, now } = deps;
  const prefix = snapshotPrefix(tenantId);
  // What a listed object's name begins with, which need not be an id of ours.
  const startAfter = after === '' ? prefix : `${prefix}${after}.tar.zst`;
  const { objects, truncated } = await bucket.list({ prefix, startAfter, limit: PAGE });
  const found = objects.map(({ key }) => ({
    key,
    id: key.slice(prefix.length).split('.')[0] ?? '',
  }));
  const orphans = found.filter(({ id }) => isOrphan(db, id, now));
  if (orphans.length > 0) await bucket.delete(orphans.map(({ key }) => key));
  return truncated ? (found.at(-1)?.id ?? null) : null;
}

/** Whether an object belongs to no snapshot; one whose name tells no time is not ours to judge. */
function isOrphan(db: AgentDb, id: string, now: number): boolean {
  if (!ulidSchema.safeParse(id).success || now - decodeTime(id) <= ORPHAN_AGE_MS) return false;
  const row = getSnapshot(db, id);
  return row === null || !(isKept(row) || row.state === 'deleting');
}
