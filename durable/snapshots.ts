import { and, desc, eq } from 'drizzle-orm';
import { ulid } from 'ulid';
import { AppError } from '../contract/errors.ts';
import type { RestorePoint } from '../contract/supervisor.ts';
import { snapshots } from '../db/agent/schema.ts';
import { randomToken, sha256Hex } from './secrets.ts';
import type { AgentDb } from './storage.ts';

/** Largest snapshot that is taken, in bytes: one R2 put, well under its 5 GiB. */
export const MAX_SNAPSHOT_BYTES = 1024 ** 3;
/** A ticket that was not used is worth nothing after this long, ms. */
export const TICKET_MS = 15 * 60_000;

export interface Ticket {
  id: string;
  ticket: string;
  maxBytes: number;
}

/** Where a tenant's snapshot lies in R2. */
export function snapshotKey(tenantId: string, id: string): string {
  return `tenants/${tenantId}/snapshots/${id}.tar.zst`;
}

/** Allows one snapshot of one generation to be stored, once. */
export async function issueTicket(
  db: AgentDb,
  options: { kind: 'sleep' | 'checkpoint' | 'manual'; generation: number; now: number },
): Promise<Ticket> {
  const ticket = randomToken();
  const ticketHash = await sha256Hex(ticket);
  const { kind, generation, now } = options;
  const id = ulid(now);
  db.insert(snapshots)
    .values({
      id,
      kind,
      state: 'ticketed',
      generation,
      ticketHash,
      ticketExpiresAt: now + TICKET_MS,
      createdAt: now,
    })
    .run();
  return { id, ticket, maxBytes: MAX_SNAPSHOT_BYTES };
}

const refused = (why: string): AppError => new AppError('forbidden', why);

/**
 * Uses up a ticket for a PUT. Without a ticket, with a used or old one, from another generation or
 * above the bound it is AppError forbidden, and nothing is stored.
 */
export async function redeemTicket(
  db: AgentDb,
  put: { id: string; ticket: string; generation: number; size: number; now: number },
): Promise<void> {
  const ticketHash = await sha256Hex(put.ticket);
  const row = db.select().from(snapshots).where(eq(snapshots.id, put.id)).get();
  if (!row || row.state !== 'ticketed' || row.ticketHash !== ticketHash) {
    throw refused('This snapshot has no valid ticket.');
  }
  if (row.generation !== put.generation) throw refused('The ticket is of another generation.');
  if (row.ticketExpiresAt <= put.now) throw refused('The ticket has expired.');
  if (put.size > MAX_SNAPSHOT_BYTES) {
    throw new AppError('payload_too_large', 'The snapshot is larger than this system stores.');
  }
  db.update(snapshots).set({ ticketHash: null }).where(eq(snapshots.id, put.id)).run();
}

/** The object is in R2, with this size and digest, which R2 has verified. */
export function markStored(
  db: AgentDb,
  stored: { id: string; size: number; sha256: string; now: number },
): void {
  db.update(snapshots)
    .set({
      state: 'stored',
      size: stored.size,
      sha256: stored.sha256,
      storedAt: stored.now,
      ticketHash: null,
    })
    .where(and(eq(snapshots.id, stored.id), eq(snapshots.state, 'ticketed')))
    .run();
}

export function markFailed(db: AgentDb, id: string): void {
  db.update(snapshots)
    .set({ state: 'failed', ticketHash: null })
    .where(and(eq(snapshots.id, id), eq(snapshots.state, 'ticketed')))
    .run();
}

/** The newest stored snapshot: what the next generation restores from. Null is "no snapshot". */
export function newestSnapshot(db: AgentDb): RestorePoint | null {
  const row = db
    .select()
    .from(snapshots)
    .where(eq(snapshots.state, 'stored'))
    .orderBy(desc(snapshots.id))
    .limit(1)
    .get();
  if (!row || row.size === null || row.sha256 === null) return null;
  return { id: row.id, size: row.size, sha256: row.sha256 };
}

/** The newest entries of the index, whatever became of them. */
export function listSnapshots(db: AgentDb, limit: number): (typeof snapshots.$inferSelect)[] {
  return db.select().from(snapshots).orderBy(desc(snapshots.id)).limit(limit).all();
}
