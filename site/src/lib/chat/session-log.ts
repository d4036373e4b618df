import type { SessionEvent } from '../../../../contract/frames.ts';
import { advanceTurn, type Turn } from './turn.ts';

/** One session's conversation, as far as this client has it. */
export interface SessionLog {
  /** Newest event seen; the place to go on from after a reconnect. */
  lastSeq: number;
  /** Whether the backlog is all here. */
  caughtUp: boolean;
  turns: readonly Turn[];
}

export const EMPTY_LOG: SessionLog = { lastSeq: 0, caughtUp: false, turns: [] };

/**
 * The log after a frame of events. Events already seen change nothing; numbers that are missing
 * between two events belong to deleted deltas and are no loss.
 */
export function extendLog(
  log: SessionLog,
  events: readonly SessionEvent[],
  caughtUp: boolean,
): SessionLog {
  const fresh = events.filter((event) => event.seq > log.lastSeq);
  const isCaughtUp = log.caughtUp || caughtUp;
  if (fresh.length === 0)
    return isCaughtUp === log.caughtUp ? log : { ...log, caughtUp: isCaughtUp };
  const turns = [...log.turns];
  const places = new Map(turns.map((turn, place) => [turn.id, place]));
  let lastSeq = log.lastSeq;
  for (const event of fresh) {
    if (event.seq <= lastSeq) continue;
    lastSeq = event.seq;
    const place = places.get(event.turnId) ?? turns.length;
    places.set(event.turnId, place);
    turns[place] = advanceTurn(turns[place], event);
  }
  return { lastSeq, caughtUp: isCaughtUp, turns };
}

/** The turn that runs or waits to run first; undefined when the session rests. */
export function openTurn(log: SessionLog): Turn | undefined {
  return log.turns.find((turn) => turn.state === 'open');
}
