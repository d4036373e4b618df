import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { MAX_PAGE_BYTES } from '../contract/frames.ts';
import { events, turns } from '../db/agent/schema.ts';
import { countFitting } from './batch-bytes.ts';
import type { AgentDb } from './storage.ts';

/** A part of a session's log in whole turns: those whose messages stand from `from` to before `before`. */
export interface HistoryPage {
  from: number;
  before: number;
  /** Whether there are turns before these. */
  more: boolean;
}

/** After every number of a log. */
const END = Number.MAX_SAFE_INTEGER;

/**
 * The newest turns of a session, or those before the message with the number `before`: at most `turns`
 * and MAX_PAGE_BYTES, but one at least. An open turn is always among the newest, since what it says
 * next makes no sense without its beginning. Null when there are none.
 */
export function pageOf(
  db: AgentDb,
  options: { sessionId: string; before?: number; turns: number },
): HistoryPage | null {
  const { sessionId, before = END } = options;
  // One more than asked for tells whether there are more.
  const asked = db
    .select({ seq: events.seq, turnId: events.turnId })
    .from(events)
    .where(and(eq(events.sessionId, sessionId), eq(events.type, 'user'), lt(events.seq, before)))
    .orderBy(desc(events.seq))
    .limit(options.turns + 1)
    .all();
  const page = asked.slice(0, options.turns);
  const bytes = bytesOf(
    db,
    page.map(({ turnId }) => turnId),
  );
  const fitting = countFitting(
    page.map(({ turnId }) => ({ bytes: bytes.get(turnId) ?? 0 })),
    MAX_PAGE_BYTES,
  );
  const last = page[fitting - 1];
  if (!last) return null;
  const from = before === END ? Math.min(last.seq, oldestOpen(db, sessionId)) : last.seq;
  return { from, before, more: hasBefore(db, sessionId, from) };
}

function bytesOf(db: AgentDb, turnIds: string[]): Map<string, number> {
  const rows = db
    .select({ turnId: events.turnId, bytes: sql<number>`sum(octet_length(${events.data}))` })
    .from(events)
    .where(inArray(events.turnId, turnIds))
    .groupBy(events.turnId)
    .all();
  return new Map(rows.map(({ turnId, bytes }) => [turnId, bytes]));
}

function oldestOpen(db: AgentDb, sessionId: string): number {
  const open = db
    .select({ seq: turns.userSeq })
    .from(turns)
    .where(and(eq(turns.sessionId, sessionId), inArray(turns.state, ['queued', 'running'])))
    .orderBy(asc(turns.userSeq))
    .limit(1)
    .get();
  return open?.seq ?? END;
}

function hasBefore(db: AgentDb, sessionId: string, seq: number): boolean {
  const found = db
    .select({ seq: events.seq })
    .from(events)
    .where(and(eq(events.sessionId, sessionId), eq(events.type, 'user'), lt(events.seq, seq)))
    .limit(1)
    .get();
  return found !== undefined;
}
