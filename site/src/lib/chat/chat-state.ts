import type { AgentStatus } from '../../../../contract/agent.ts';
import type { ServerFrame, SessionView } from '../../../../contract/frames.ts';
import type { BudgetView } from '../../../../contract/notices.ts';
import { dropMessages, dropSession, markRefused, markStored, type Outbox } from './outbox.ts';
import { EMPTY_LOG, extendLog, prependTurns, withUsage, type SessionLog } from './session-log.ts';

type Hello = Extract<ServerFrame, { type: 'hello' }>;

/** The agent's life as last told, and when it was told, by this device's clock. */
export interface AgentNews {
  status: AgentStatus;
  /** UTC ms by this device's clock. */
  heardAt: number;
  /** Whether it came as it happened, rather than as the greeting of a new connection. */
  live: boolean;
}

export interface ChatState {
  member: Hello['member'] | null;
  tenant: Hello['tenant'] | null;
  agent: AgentNews | null;
  /** As last told: what is used since then is not in it. */
  budget: BudgetView | null;
  /** Newest first. */
  sessions: readonly SessionView[];
  logs: Readonly<Record<string, SessionLog>>;
  outbox: Outbox;
  /** Sessions that were looked for and are not there. */
  missing: ReadonlySet<string>;
  /** Last refusal that was about no message of ours. */
  notice: { code: string; message: string } | null;
}

export const EMPTY_CHAT: ChatState = {
  member: null,
  tenant: null,
  agent: null,
  budget: null,
  sessions: [],
  logs: {},
  outbox: [],
  missing: new Set(),
  notice: null,
};

function newestFirst(sessions: readonly SessionView[]): SessionView[] {
  return sessions.toSorted((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1));
}

function withSession(state: ChatState, session: SessionView): ChatState {
  const others = state.sessions.filter(({ id }) => id !== session.id);
  const missing = new Set(state.missing);
  missing.delete(session.id);
  return { ...state, sessions: newestFirst([...others, session]), missing };
}

function withoutSession(state: ChatState, sessionId: string): ChatState {
  const { [sessionId]: _gone, ...logs } = state.logs;
  return {
    ...state,
    sessions: state.sessions.filter(({ id }) => id !== sessionId),
    logs,
    outbox: dropSession(state.outbox, sessionId),
    missing: new Set([...state.missing, sessionId]),
  };
}

function withEvents(state: ChatState, frame: Extract<ServerFrame, { type: 'events' }>): ChatState {
  if (state.missing.has(frame.sessionId)) return state;
  const before = state.logs[frame.sessionId] ?? EMPTY_LOG;
  const log = extendLog(before, frame);
  if (log === before && state.logs[frame.sessionId] !== undefined) return state;
  const told = frame.events.flatMap(({ data }) => (data.type === 'user' ? [data.clientId] : []));
  return {
    ...state,
    logs: { ...state.logs, [frame.sessionId]: log },
    outbox: dropMessages(state.outbox, new Set(told)),
  };
}

/** The chat with a change in a log that is here. */
function withLog(
  state: ChatState,
  sessionId: string,
  change: (log: SessionLog) => SessionLog,
): ChatState {
  const before = state.logs[sessionId];
  if (before === undefined) return state;
  const log = change(before);
  return log === before ? state : { ...state, logs: { ...state.logs, [sessionId]: log } };
}

/** An `ack` for a message that the log shows already, or whose session nobody reads, is the end. */
function withAck(state: ChatState, frame: Extract<ServerFrame, { type: 'ack' }>): ChatState {
  const log = state.logs[frame.sessionId];
  const isTold = log === undefined || log.lastSeq >= frame.seq;
  return {
    ...state,
    outbox: isTold
      ? dropMessages(state.outbox, new Set([frame.id]))
      : markStored(state.outbox, frame.id),
  };
}

function withError(state: ChatState, frame: Extract<ServerFrame, { type: 'error' }>): ChatState {
  const { code, message, ref } = frame;
  if (ref !== undefined && code === 'session_not_found' && !isMessage(state, ref)) {
    return withoutSession(state, ref);
  }
  if (ref !== undefined && isMessage(state, ref)) {
    return { ...state, outbox: markRefused(state.outbox, ref, { code, message }) };
  }
  return { ...state, notice: { code, message } };
}

function isMessage(state: ChatState, id: string): boolean {
  return state.outbox.some((message) => message.id === id);
}

/**
 * The chat after one frame from the agent. `now` is this device's clock, UTC ms. A frame that
 * changes nothing gives back the same object.
 */
export function applyFrame(state: ChatState, frame: ServerFrame, now: number): ChatState {
  switch (frame.type) {
    case 'hello':
      return {
        ...state,
        member: frame.member,
        tenant: frame.tenant,
        agent: { status: frame.agent, heardAt: now, live: false },
        budget: frame.budget,
        sessions: newestFirst(frame.sessions),
      };
    case 'agent':
      return { ...state, agent: { status: frame.agent, heardAt: now, live: true } };
    case 'budget':
      return { ...state, budget: frame.budget };
    case 'session':
      return withSession(state, frame.session);
    case 'session.deleted':
      return withoutSession(state, frame.sessionId);
    case 'events':
      return withEvents(state, frame);
    case 'earlier':
      return withLog(state, frame.sessionId, (log) => prependTurns(log, frame));
    case 'usage':
      return withLog(state, frame.sessionId, (log) => withUsage(log, frame.turnId, frame.usage));
    case 'ack':
      return withAck(state, frame);
    case 'error':
      return withError(state, frame);
    case 'pong':
      return state;
  }
}
