import { and, desc, eq, isNotNull } from 'drizzle-orm';
import { ulid } from 'ulid';
import { AppError } from '../contract/errors.ts';
import type { SnapshotKind } from '../contract/snapshots.ts';
import { snapshots } from '../db/agent/schema.ts';
import { countChanges, noteSaved } from './activity.ts';
import { setDueBy } from './due.ts';
import { randomToken, sha256Hex } from './secrets.ts';
import { getSnapshot, headOf, setHead, type Snapshot } from './snapshot-index.ts';
import type { AgentDb } from './storage.ts';
import { note } from './timeline.ts';

/** Largest snapshot that is taken, in bytes: one R2 put, well under its 5 GiB. */
export const MAX_SNAPSHOT_BYTES = 1024 ** 3;
/** A ticket that was not used is worth nothing after this long, and a put is over by then, ms. */
export const TICKET_MS = 15 * 60_000;
/** Newest entries in which failures in a row are counted: after six the pause between tries is longest. */
const COUNTED_ENTRIES = 20;

export interface Ticket {
  id: string;
  ticket: string;
  maxBytes: number;
}

/** Allows one snapshot of one generation to be stored, once. */
export async function issueTicket(
  db: AgentDb,
  options: { id?: string; kind: SnapshotKind; generation: number; now: number },
): Promise<Ticket> {
  const ticket = randomToken();
  const ticketHash = sha256Hex(ticket);
  const { kind, generation, now } = options;
  const id = options.id ?? ulid(now);
  db.insert(snapshots)
    .values({
      id,
      kind,
      state: 'ticketed',
      generation,
      ticketHash,
      ticketExpiresAt: now + TICKET_MS,
      // Before OpenClaw is held still: what comes from now on may be in it, and still counts as unsaved.
      changes: countChanges(db),
      createdAt: now,
    })
    .run();
  return { id, ticket, maxBytes: MAX_SNAPSHOT_BYTES };
}

/** A ticket in place of one that was not used, whose words are lost; null when it was used. */
export async function renewTicket(db: AgentDb, id: string): Promise<Ticket | null> {
  const ticket = randomToken();
  const ticketHash = sha256Hex(ticket);
  const [row] = db
    .update(snapshots)
    .set({ ticketHash, changes: countChanges(db) })
    .where(and(eq(snapshots.id, id), isOpen))
    .returning({ id: snapshots.id })
    .all();
  return row ? { id, ticket, maxBytes: MAX_SNAPSHOT_BYTES } : null;
}

const isTicketed = eq(snapshots.state, 'ticketed');
/** Its ticket waits to be used. */
const isOpen = and(isTicketed, isNotNull(snapshots.ticketHash));
const refused = (why: string): AppError => new AppError('forbidden', why);

/**
 * Uses up a ticket for a PUT. Without a ticket, with a used or old one, from another generation or
 * above the bound it is AppError forbidden, and nothing is stored.
 */
export async function redeemTicket(
  db: AgentDb,
  put: { id: string; ticket: string; generation: number; size: number; now: number },
): Promise<void> {
  const ticketHash = sha256Hex(put.ticket);
  const row = getSnapshot(db, put.id);
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

/**
 * The object is in R2, with this size and digest, which R2 has verified: in one commit it is stored,
 * the agent is clean up to it, and the next generation restores from it. False when it was not
 * awaited any more; the same word again changes nothing and is true.
 */
export function markStored(
  db: AgentDb,
  stored: { id: string; size: number; sha256: string; now: number },
): boolean {
  const { id, size, sha256, now } = stored;
  const row = getSnapshot(db, id);
  if (row?.state === 'stored') return row.size === size && row.sha256 === sha256;
  if (row?.state !== 'ticketed') return false;
  const isNewest = isNewerThanHead(db, row);
  db.update(snapshots)
    .set({ state: 'stored', size, sha256, storedAt: now, ticketHash: null })
    .where(eq(snapshots.id, id))
    .run();
  noteSaved(db, { changes: row.changes, begunAt: row.createdAt });
  note(db, { type: 'snapshot.stored', id, kind: row.kind, size }, now);
  if (isNewest) setHead(db, id);
  setDueBy(db, 'retention', '', now);
  return true;
}

/**
 * The word of a generation's egress that R2 has stored an object. AppError forbidden for a generation
 * that is over (`current` is another one) and for what was not awaited any more: an orphan.
 */
export function acceptStored(
  db: AgentDb,
  stored: {
    id: string;
    generation: number;
    current: number;
    size: number;
    sha256: string;
    now: number;
  },
): void {
  const { id, generation, current, size, sha256, now } = stored;
  if (generation !== current) {
    markFailed(db, id);
    throw refused('This generation is over.');
  }
  if (!markStored(db, { id, size, sha256, now })) throw refused('This snapshot is not awaited.');
}

/** Of two snapshots of one generation the one whose ticket is newer is ahead, whichever came later. */
function isNewerThanHead(db: AgentDb, row: Snapshot): boolean {
  const id = headOf(db);
  const head = id === null ? null : getSnapshot(db, id);
  return head?.generation !== row.generation || head.id < row.id;
}

/** Nothing will be stored under this ticket any more. */
export function markFailed(db: AgentDb, id: string): void {
  db.update(snapshots)
    .set({ state: 'failed', ticketHash: null })
    .where(and(eq(snapshots.id, id), isTicketed))
    .run();
}

/** Forgets a ticket that nobody will use: its sandbox was busy, and nothing went wrong. */
export function dropTicket(db: AgentDb, id: string): void {
  db.delete(snapshots)
    .where(and(eq(snapshots.id, id), isOpen))
    .run();
}

const isOpenIn = (generation: number) => and(eq(snapshots.generation, generation), isOpen);

/** A snapshot of a generation whose ticket waits to be used, or null. */
export function openTicket(db: AgentDb, generation: number): Snapshot | null {
  return db.select().from(snapshots).where(isOpenIn(generation)).limit(1).get() ?? null;
}

/** The sandbox of a generation is gone: nobody is left to use its tickets. */
export function failOpenTickets(db: AgentDb, generation: number): void {
  db.update(snapshots).set({ state: 'failed', ticketHash: null }).where(isOpenIn(generation)).run();
}

/** How many snapshots in a row have failed since the last that was stored, and when the newest began. */
export function recentFailures(db: AgentDb): { count: number; lastAt: number } {
  const rows = db.select().from(snapshots).orderBy(desc(snapshots.id)).limit(COUNTED_ENTRIES).all();
  const done = rows.findIndex(({ state }) => state === 'stored');
  const failed = (done < 0 ? rows : rows.slice(0, done)).filter(({ state }) => state === 'failed');
  return { count: failed.length, lastAt: failed[0]?.createdAt ?? 0 };
}
