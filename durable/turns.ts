import { and, asc, count, desc, eq, inArray, lt } from 'drizzle-orm';
import { ulid } from 'ulid';
import type { TurnView } from '../contract/api.ts';
import { AppError, ERROR_CODES } from '../contract/errors.ts';
import type { EventData, SessionEvent } from '../contract/frames.ts';
import type { Workload } from '../contract/tiers.ts';
import { events, sessions, turns } from '../db/agent/schema.ts';
import { noteRunEnded, noteRunStarted } from './schedule-runs.ts';
import { appendEvents, dropDeltas, titleFrom, UNTITLED } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { note } from './timeline.ts';
import { usageOf } from './turn-usage.ts';

export type Turn = typeof turns.$inferSelect;

const OPEN: Turn['state'][] = ['queued', 'running'];

/** OpenClaw's key of one of our sessions. Its keys are lower case. */
export const sessionKeyOf = (sessionId: string): string => `agent:main:${sessionId.toLowerCase()}`;

/**
 * Stores a message and queues its turn, in one commit. The same client id again answers the turn it
 * made the first time, with no new event. AppError queue_full when too many wait.
 */
export function queueTurn(
  db: AgentDb,
  options: {
    sessionId: string;
    clientId: string;
    text: string;
    by: string;
    workload: Workload;
    maxQueued: number;
    /** Asked once for a message that is new; throws to refuse it. */
    admit?: () => void;
    now: number;
  },
): { turn: Turn; added: SessionEvent[] } {
  const { sessionId, clientId, text, by, workload, now } = options;
  const known = db
    .select()
    .from(turns)
    .where(and(eq(turns.sessionId, sessionId), eq(turns.clientId, clientId)))
    .get();
  if (known) return { turn: known, added: [] };
  const waiting =
    db
      .select({ n: count() })
      .from(turns)
      .where(and(eq(turns.sessionId, sessionId), eq(turns.state, 'queued')))
      .get()?.n ?? 0;
  if (waiting >= options.maxQueued) {
    throw new AppError(
      'queue_full',
      `At most ${options.maxQueued} messages may wait in a session.`,
      {
        hint: 'Wait for the answer, then send again.',
      },
    );
  }
  options.admit?.();
  const id = ulid(now);
  const data: EventData[] = [{ type: 'user', text, clientId, by }];
  const added = appendEvents(db, { sessionId, turnId: id, data, now });
  const turn = db
    .insert(turns)
    .values({
      id,
      sessionId,
      clientId,
      state: 'queued',
      workload,
      text,
      by,
      userSeq: added[0]?.seq ?? 0,
      createdAt: now,
    })
    .returning()
    .get();
  db.update(sessions)
    .set({ title: titleFrom(text) })
    .where(and(eq(sessions.id, sessionId), eq(sessions.title, UNTITLED)))
    .run();
  return { turn, added };
}

export function getTurn(db: AgentDb, id: string): Turn | null {
  return db.select().from(turns).where(eq(turns.id, id)).get() ?? null;
}

/** Queued and running turns, oldest first; in a session by its log, since a millisecond holds many. */
export function openTurns(db: AgentDb): Turn[] {
  return db
    .select()
    .from(turns)
    .where(inArray(turns.state, OPEN))
    .orderBy(asc(turns.createdAt), asc(turns.userSeq))
    .all();
}

/** The turn of each session that is, or may now become, the running one. */
export function headTurns(db: AgentDb): Turn[] {
  const heads = new Map<string, Turn>();
  for (const turn of openTurns(db)) {
    const head = heads.get(turn.sessionId);
    if (!head || (head.state === 'queued' && turn.state === 'running')) {
      heads.set(turn.sessionId, turn);
    }
  }
  return [...heads.values()];
}

/**
 * Marks a turn as running in a generation; false when it has ended meanwhile. `startedAt` stays what it
 * was at its first start.
 */
export function markRunning(db: AgentDb, turn: Turn, generation: number, now: number): boolean {
  const startedAt = turn.startedAt ?? now;
  const marked = db
    .update(turns)
    .set({ state: 'running', generation, startedAt })
    .where(and(eq(turns.id, turn.id), inArray(turns.state, OPEN)))
    .returning({ id: turns.id })
    .get();
  if (!marked) return false;
  noteRunStarted(db, turn.id, startedAt);
  // One that is taken up again after an interruption has been on all the time.
  if (turn.startedAt === null) noteStarted(db, turn, now);
  return true;
}

function noteStarted(db: AgentDb, { id, sessionId, workload }: Turn, now: number): void {
  const data = { sessionId, turnId: id, workload: workload as Workload };
  note(db, { type: 'turn.started', ...data }, now);
}

/** Whether the turn before this one in its session was ended by us: its run may still be on. */
export function endedBadly(db: AgentDb, turn: Turn): boolean {
  const before = db
    .select({ state: turns.state })
    .from(turns)
    .where(and(eq(turns.sessionId, turn.sessionId), lt(turns.userSeq, turn.userSeq)))
    .orderBy(desc(turns.userSeq))
    .limit(1)
    .get();
  return before?.state === 'error' || before?.state === 'aborted';
}

export function noteOpenClawSession(db: AgentDb, id: string, openclawSession: string): void {
  db.update(turns).set({ openclawSession }).where(eq(turns.id, id)).run();
}

export function requestStop(db: AgentDb, id: string, by: string): void {
  db.update(turns).set({ stopRequested: by }).where(eq(turns.id, id)).run();
}

const END_STATES = { final: 'done', aborted: 'aborted', error: 'error' } as const;

type TurnEnd = EventData & { type: keyof typeof END_STATES };

/** A turn that failed because a call of it was refused says what the refusal said. */
function inOurWords(end: TurnEnd, refusal: Turn['refusal']): TurnEnd {
  if (end.type !== 'error' || end.code !== 'turn_failed' || refusal === null) return end;
  // OpenClaw makes the next request anew: what was wrong with this one need not be wrong with that.
  const mayHelp = refusal.code === 'invalid_request' || ERROR_CODES[refusal.code].retryable;
  return { ...end, ...refusal, retryable: mayHelp };
}

/**
 * Ends a turn with its last event, which stands for what was streamed. One commit; ending a turn
 * that has ended changes nothing and answers no event.
 */
export function endTurn(db: AgentDb, turn: Turn, end: TurnEnd, now: number): SessionEvent[] {
  const state = END_STATES[end.type];
  const updated = db
    .update(turns)
    .set({ state, endedAt: now })
    .where(and(eq(turns.id, turn.id), inArray(turns.state, OPEN)))
    .returning({ refusal: turns.refusal, startedAt: turns.startedAt })
    .get();
  if (!updated) return [];
  const { id: turnId, sessionId } = turn;
  const ms = updated.startedAt === null ? null : Math.max(0, now - updated.startedAt);
  note(db, { type: 'turn.ended', sessionId, turnId, state, ms }, now);
  const usage = usageOf(db, turn.id) ?? undefined;
  const data = { ...inOurWords(end, updated.refusal), ...(usage && { usage }) };
  noteRunEnded(db, turn.id, { state, data, at: now });
  dropDeltas(db, turn.id);
  return appendEvents(db, { sessionId: turn.sessionId, turnId: turn.id, data: [data], now });
}

/** A turn as programs see it, with its answer when it has one. */
export function turnView(db: AgentDb, turn: Turn): TurnView {
  const last = db
    .select({ data: events.data })
    .from(events)
    .where(and(eq(events.turnId, turn.id), inArray(events.type, ['final', 'aborted', 'error'])))
    .get()?.data;
  return {
    turnId: turn.id,
    sessionId: turn.sessionId,
    seq: turn.userSeq,
    state: turn.state,
    answer: last?.type === 'final' || last?.type === 'aborted' ? last.text : null,
    error: last?.type === 'error' ? { code: last.code, message: last.message } : null,
  };
}
