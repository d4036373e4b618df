import { and, eq, gt, isNull, notInArray } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as schema from '../db/agent/schema.ts';
import { attempts, cells, due, snapshots } from '../db/agent/schema.ts';
import { forgetKeys } from './api-keys.ts';
import { rereadCells } from './cells.ts';
import { noteDisarmed, type DueKind } from './due.ts';
import { countByState } from './ledger-outbox.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import { tenantPrefix } from './snapshot-index.ts';
import type { AgentDb } from './storage.ts';

/** Objects named in one delete: R2's limit, and the size of a page of its list. */
const OBJECTS_PER_DELETE = 1_000;
/** Pages removed in one go; the rest follows at the next. */
const MAX_PAGES_AT_ONCE = 20;

export interface EraseDeps {
  db: AgentDb;
  bucket: Pick<R2Bucket, 'list' | 'delete'>;
  sandbox: Pick<SandboxDriver, 'discard'>;
  tenantId: string;
  now(): number;
}

/** What stays until the agent itself goes: its record, its generation, and the books. */
const KEPT_CELLS = ['record', 'wake', 'policy', 'lastFlushAt', 'meters'];
const KEPT_STEPS: DueKind[] = ['erase', 'sweep', 'flush', 'report'];

const KEPT_TABLES: readonly SQLiteTable[] = [cells, due, attempts];

/** All other tables of the agent, also those that later releases add. */
const WIPED_TABLES = Object.values<SQLiteTable>(schema).filter(
  (table) => !KEPT_TABLES.includes(table),
);

/** Removes a tenant's objects. False when there are more than one go removes. */
async function removeObjects(bucket: EraseDeps['bucket'], tenantId: string): Promise<boolean> {
  const prefix = tenantPrefix(tenantId);
  for (let page = 0; page < MAX_PAGES_AT_ONCE; page += 1) {
    const { objects, truncated } = await bucket.list({ prefix, limit: OBJECTS_PER_DELETE });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return true;
  }
  return false;
}

/** Whether a snapshot whose ticket was used may still arrive in R2. */
function isUploading(db: AgentDb, now: number): boolean {
  const onItsWay = and(
    eq(snapshots.state, 'ticketed'),
    isNull(snapshots.ticketHash),
    gt(snapshots.ticketExpiresAt, now),
  );
  return (
    db.select({ id: snapshots.id }).from(snapshots).where(onItsWay).limit(1).get() !== undefined
  );
}

/** Forgets everything but the books, in one commit. */
function wipe(db: AgentDb): void {
  db.transaction((tx) => {
    // Rows that point at each other go together.
    tx.run('PRAGMA defer_foreign_keys = ON');
    for (const table of WIPED_TABLES) tx.delete(table).run();
    tx.delete(cells).where(notInArray(cells.key, KEPT_CELLS)).run();
    tx.delete(due).where(notInArray(due.kind, KEPT_STEPS)).run();
  });
  rereadCells(db);
  forgetKeys(db);
  noteDisarmed(db);
}

/**
 * Empties the agent of a deleted tenant: container destroyed without a snapshot, objects removed,
 * rows wiped. Each step may be repeated, and none needs what an earlier one removed, so after a crash
 * it starts anew. False when something is left to do later.
 */
export async function eraseAgent(deps: EraseDeps): Promise<boolean> {
  const { db, bucket, sandbox, tenantId, now } = deps;
  if (!(await sandbox.discard())) return false;
  // From here on no upload begins any more, so that none arrives behind what is removed now.
  if (isUploading(db, now())) return false;
  if (!(await removeObjects(bucket, tenantId))) return false;
  wipe(db);
  return true;
}

/** Whether every attempt is booked and in D1: only then may the ledger go. */
export function isLedgerDone(db: AgentDb): boolean {
  const { open, unsettled, final } = countByState(db);
  return open + unsettled + final === 0;
}
