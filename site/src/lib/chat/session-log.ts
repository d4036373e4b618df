import type { ServerFrame, SessionEvent, TurnUsage } from '../../../../contract/frames.ts';
import { advanceTurn, type Turn } from './turn.ts';

type EventsFrame = Extract<ServerFrame, { type: 'events' }>;
type EarlierFrame = Extract<ServerFrame, { type: 'earlier' }>;

/** One session's conversation, as far as this client has it. */
export interface SessionLog {
  /** Newest event seen; the place to go on from after a reconnect. */
  lastSeq: number;
  /** Whether the backlog is all here. */
  caughtUp: boolean;
  turns: readonly Turn[];
  /** Where the turns that are not here end, as the agent numbers them; null when all are here. */
  cut: number | null;
  /** What has come of the turns before, until they are all here. */
  coming: readonly SessionEvent[];
}

export const EMPTY_LOG: SessionLog = {
  lastSeq: 0,
  caughtUp: false,
  turns: [],
  cut: null,
  coming: [],
};

/** Turns with some more of their events, and those that begin with them at the end. */
function withEvents(before: readonly Turn[], events: readonly SessionEvent[]): Turn[] {
  const turns = [...before];
  const places = new Map(turns.map((turn, place) => [turn.id, place]));
  for (const event of events) {
    const place = places.get(event.turnId) ?? turns.length;
    places.set(event.turnId, place);
    turns[place] = advanceTurn(turns[place], event);
  }
  return turns;
}

/**
 * The log after a frame of events. Events already seen change nothing; numbers that are missing
 * between two events belong to deleted deltas and are no loss.
 */
export function extendLog(
  log: SessionLog,
  { events, caughtUp = false, cut }: Pick<EventsFrame, 'events' | 'caughtUp' | 'cut'>,
): SessionLog {
  const fresh: SessionEvent[] = [];
  let { lastSeq } = log;
  for (const event of events) {
    if (event.seq <= lastSeq) continue;
    lastSeq = event.seq;
    fresh.push(event);
  }
  const next = { ...log, caughtUp: log.caughtUp || caughtUp, cut: cut ?? log.cut };
  if (fresh.length === 0) {
    return next.caughtUp === log.caughtUp && next.cut === log.cut ? log : next;
  }
  return {
    ...next,
    lastSeq,
    turns: withEvents(log.turns, next.cut === null ? fresh : ours(log, fresh)),
  };
}

/** Of a log that was cut, the last words of a turn before the cut come with that turn. */
function ours({ turns }: SessionLog, events: readonly SessionEvent[]): SessionEvent[] {
  const known = new Set(turns.map(({ id }) => id));
  return events.filter(({ turnId, data }) => {
    if (data.type === 'user') known.add(turnId);
    return known.has(turnId);
  });
}

/** The log after a frame with turns from before it; they are there with the last of these frames. */
export function prependTurns(log: SessionLog, frame: EarlierFrame): SessionLog {
  // An answer to a question of before a reconnect, which was asked again.
  if (frame.before !== log.cut) return log;
  const coming = [...log.coming, ...frame.events];
  if (!frame.done) return { ...log, coming };
  return { ...log, turns: [...withEvents([], coming), ...log.turns], cut: frame.cut, coming: [] };
}

/** The log with what a turn has used, as it became known after the turn's end. */
export function withUsage(log: SessionLog, turnId: string, usage: TurnUsage): SessionLog {
  if (!log.turns.some(({ id }) => id === turnId)) return log;
  return {
    ...log,
    turns: log.turns.map((turn) => (turn.id === turnId ? { ...turn, usage } : turn)),
  };
}

/** The turn that runs or waits to run first; undefined when the session rests. */
export function openTurn(log: SessionLog): Turn | undefined {
  return log.turns.find((turn) => turn.state === 'open');
}
