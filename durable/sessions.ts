import { and, asc, count, desc, eq, gt, gte, inArray, lt, lte, sql } from 'drizzle-orm';
import { ulid } from 'ulid';
import { AppError } from '../contract/errors.ts';
import {
  MAX_BATCH_BYTES,
  type EventData,
  type SessionEvent,
  type SessionView,
} from '../contract/frames.ts';
import { events, forgotten, sessions, turns } from '../db/agent/schema.ts';
import { countFitting } from './batch-bytes.ts';
import { endRunsOfSession } from './schedule-runs.ts';
import type { AgentDb } from './storage.ts';

/** Title of a session until it has one of its own. */
export const UNTITLED = 'New conversation';
/** A title taken from the first message is cut at this many characters. */
const TITLE_FROM_MESSAGE_CHARS = 60;

type SessionRow = typeof sessions.$inferSelect;

function viewOf(row: SessionRow, working: boolean): SessionView {
  const { id, title, createdAt, updatedAt, lastSeq } = row;
  return { id, title, createdAt, updatedAt, lastSeq, working };
}

function workingSessions(db: AgentDb): Set<string> {
  const rows = db
    .selectDistinct({ id: turns.sessionId })
    .from(turns)
    .where(inArray(turns.state, ['queued', 'running']))
    .all();
  return new Set(rows.map((row) => row.id));
}

/** All sessions, the one touched last first. Their number is bounded by the tier. */
export function listSessions(db: AgentDb): SessionView[] {
  const working = workingSessions(db);
  return db
    .select()
    .from(sessions)
    .orderBy(desc(sessions.updatedAt))
    .all()
    .map((row) => viewOf(row, working.has(row.id)));
}

/** One session, or AppError session_not_found. */
export function getSession(db: AgentDb, id: string): SessionView {
  const row = db.select().from(sessions).where(eq(sessions.id, id)).get();
  if (!row) throw new AppError('session_not_found', 'There is no such session.');
  return viewOf(row, workingSessions(db).has(id));
}

export function countSessions(db: AgentDb): number {
  return db.select({ n: count() }).from(sessions).get()?.n ?? 0;
}

/** Makes a session; AppError limit_reached at the tier's number of them. */
export function createSession(
  db: AgentDb,
  options: { title: string | undefined; maxSessions: number; now: number },
): SessionView {
  if (countSessions(db) >= options.maxSessions) {
    throw new AppError(
      'limit_reached',
      `This agent keeps at most ${options.maxSessions} sessions.`,
      {
        hint: 'Delete one that is not needed any more.',
      },
    );
  }
  const row: SessionRow = {
    id: ulid(options.now),
    title: options.title ?? UNTITLED,
    createdAt: options.now,
    updatedAt: options.now,
    lastSeq: 0,
  };
  db.insert(sessions).values(row).run();
  return viewOf(row, false);
}

export function renameSession(db: AgentDb, id: string, title: string): SessionView {
  getSession(db, id);
  db.update(sessions).set({ title }).where(eq(sessions.id, id)).run();
  return getSession(db, id);
}

/**
 * Deletes a session with its log and turns, and notes that OpenClaw must forget it too. Open turns are
 * the caller's to stop first.
 */
export function deleteSession(db: AgentDb, id: string, now: number): void {
  getSession(db, id);
  db.insert(forgotten).values({ sessionId: id, deletedAt: now }).onConflictDoNothing().run();
  endRunsOfSession(db, id, now);
  db.delete(events).where(eq(events.sessionId, id)).run();
  db.delete(turns).where(eq(turns.sessionId, id)).run();
  db.delete(sessions).where(eq(sessions.id, id)).run();
}

/** A title for a session that has none, from its first message. */
export function titleFrom(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= TITLE_FROM_MESSAGE_CHARS) return line || UNTITLED;
  return `${line.slice(0, TITLE_FROM_MESSAGE_CHARS - 1).trimEnd()}…`;
}

/**
 * Appends events to a session's log and numbers them. Synchronous: it is one commit with whatever
 * stands beside it without an await in between.
 */
export function appendEvents(
  db: AgentDb,
  options: { sessionId: string; turnId: string; data: readonly EventData[]; now: number },
): SessionEvent[] {
  const { sessionId, turnId, data, now } = options;
  const updated = db
    .update(sessions)
    .set({ lastSeq: sql`${sessions.lastSeq} + ${data.length}`, updatedAt: now })
    .where(eq(sessions.id, sessionId))
    .returning({ lastSeq: sessions.lastSeq })
    .get();
  if (!updated) throw new AppError('session_not_found', 'There is no such session.');
  const first = updated.lastSeq - data.length + 1;
  return data.map((entry, index) => {
    const event = { seq: first + index, turnId, at: now, data: entry };
    db.insert(events)
      .values({ sessionId, type: entry.type, ...event })
      .run();
    return event;
  });
}

/** Drops what a turn streamed: its final event stands for it, or the run starts over. */
export function dropDeltas(db: AgentDb, turnId: string): void {
  db.delete(events)
    .where(and(eq(events.turnId, turnId), inArray(events.type, ['delta', 'status', 'tool.update'])))
    .run();
}

/** What a turn has streamed so far, as one text. */
export function streamedText(db: AgentDb, turnId: string): string {
  return db
    .select({ data: events.data })
    .from(events)
    .where(and(eq(events.turnId, turnId), eq(events.type, 'delta')))
    .orderBy(asc(events.seq))
    .all()
    .map((row) => (row.data.type === 'delta' ? row.data.text : ''))
    .join('');
}

/**
 * Events after `after`, in order, at most `limit` and MAX_BATCH_BYTES, but one at least. With `turns`
 * only those of turns whose messages stand in that part of the log, wherever their answers stand.
 */
export function readEvents(
  db: AgentDb,
  options: {
    sessionId: string;
    after: number;
    limit: number;
    turns?: { from: number; before: number };
  },
): SessionEvent[] {
  const { sessionId, after, limit, turns: part } = options;
  const ofTurns =
    part &&
    inArray(
      events.turnId,
      db
        .select({ turnId: events.turnId })
        .from(events)
        .where(
          and(
            eq(events.sessionId, sessionId),
            eq(events.type, 'user'),
            gte(events.seq, part.from),
            lt(events.seq, part.before),
          ),
        ),
    );
  const isAfter = and(eq(events.sessionId, sessionId), gt(events.seq, after), ofTurns);
  // Sizes first: what does not fit is not even read.
  const sizes = db
    .select({ seq: events.seq, bytes: sql<number>`octet_length(${events.data})` })
    .from(events)
    .where(isAfter)
    .orderBy(asc(events.seq))
    .limit(limit)
    .all();
  const last = sizes[countFitting(sizes, MAX_BATCH_BYTES) - 1];
  if (!last) return [];
  return db
    .select({ seq: events.seq, turnId: events.turnId, at: events.at, data: events.data })
    .from(events)
    .where(and(isAfter, lte(events.seq, last.seq)))
    .orderBy(asc(events.seq))
    .all();
}
