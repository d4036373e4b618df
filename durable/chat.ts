import {
  CHAT_PROTOCOL,
  clientFrame,
  EVENTS_PER_FRAME,
  MAX_BATCH_BYTES,
  MAX_CLIENT_FRAME_BYTES,
  type ClientFrame,
} from '../contract/frames.ts';
import type { AgentStatus, TenantRecord } from '../contract/agent.ts';
import { asAppError, AppError } from '../contract/errors.ts';
import type { BudgetView } from '../contract/notices.ts';
import { limitsOf } from '../contract/tiers.ts';
import { byteLength, countFitting, isOverBytes } from './batch-bytes.ts';
import { pageOf } from './history-pages.ts';
import { getSession, listSessions, readEvents } from './sessions.ts';
import type { Caller, Member } from './rpc.ts';
import { CLOSE_SIGNED_OUT, type Sockets } from './sockets.ts';
import type { AgentDb } from './storage.ts';

export interface ChatDeps {
  db: AgentDb;
  sockets: Sockets;
  record(): TenantRecord;
  status(): AgentStatus;
  budget(): BudgetView;
  /** Who a caller is, or AppError unauthenticated. */
  identify(caller: Caller): Member;
  send(
    member: Member,
    message: { id: string; sessionId: string; text: string },
  ): { turnId: string; seq: number };
  stop(member: Member, sessionId: string): Promise<unknown>;
}

/** The first frame of a socket: who you are, how the agent is, which sessions there are. */
export function greet(deps: ChatDeps, socket: WebSocket, member: Member): void {
  const record = deps.record();
  const { slug, tier } = record;
  const sessions = listSessions(deps.db);
  const sizes = sessions.map((session) => ({ bytes: byteLength(JSON.stringify(session)) }));
  const fitting = countFitting(sizes, MAX_BATCH_BYTES);
  deps.sockets.send(socket, {
    type: 'hello',
    protocol: CHAT_PROTOCOL,
    member,
    tenant: { slug, tier, maxMessageChars: limitsOf(record).maxMessageChars },
    agent: deps.status(),
    budget: deps.budget(),
    sessions: sessions.slice(0, fitting),
  });
  for (const session of sessions.slice(fitting)) {
    deps.sockets.send(socket, { type: 'session', session });
  }
}

type Frame<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>;

function parseFrame(data: string | ArrayBuffer): ClientFrame {
  if (typeof data !== 'string') throw new AppError('invalid_frame', 'Frames are text.');
  if (isOverBytes(data, MAX_CLIENT_FRAME_BYTES)) {
    throw new AppError('payload_too_large', 'The message is too long.');
  }
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    throw new AppError('invalid_frame', 'The frame is not JSON.');
  }
  const frame = clientFrame.safeParse(json);
  if (!frame.success) throw new AppError('invalid_frame', 'The frame is not of a known form.');
  return frame.data;
}

/** Everything after `after`, in frames of a bounded size; the last one says that it is the last. */
function catchUp(deps: ChatDeps, socket: WebSocket, asked: Frame<'subscribe'>): void {
  const { id: sessionId, lastSeq } = getSession(deps.db, asked.sessionId);
  const page =
    asked.turns === undefined || asked.after > 0
      ? null
      : pageOf(deps.db, { sessionId, turns: asked.turns });
  const cut = page?.more ? page.from : undefined;
  const turns = page ?? undefined;
  let from = asked.after;
  for (;;) {
    const events = readEvents(deps.db, { sessionId, after: from, limit: EVENTS_PER_FRAME, turns });
    const last = events.at(-1);
    const caughtUp = !last || last.seq >= lastSeq;
    deps.sockets.send(socket, { type: 'events', sessionId, events, caughtUp, cut });
    if (caughtUp) return;
    from = last.seq;
  }
}

/** Whole turns before `before`, in frames of a bounded size; the last one says that it is the last. */
function sendEarlier(deps: ChatDeps, socket: WebSocket, asked: Frame<'earlier'>): void {
  const { id: sessionId } = getSession(deps.db, asked.sessionId);
  const { before } = asked;
  const page = pageOf(deps.db, { sessionId, before, turns: asked.turns });
  const cut = page?.more ? page.from : null;
  let after = 0;
  for (;;) {
    const events =
      page === null
        ? []
        : readEvents(deps.db, { sessionId, after, limit: EVENTS_PER_FRAME, turns: page });
    const done = events.length === 0;
    deps.sockets.send(socket, { type: 'earlier', sessionId, before, events, done, cut });
    if (done) return;
    after = events.at(-1)?.seq ?? after;
  }
}

/** Handles one frame of a client. A refusal is answered on the socket, never thrown. */
export async function receive(
  deps: ChatDeps,
  socket: WebSocket,
  data: string | ArrayBuffer,
): Promise<void> {
  let ref: string | undefined;
  try {
    const member = deps.identify(deps.sockets.callerOf(socket));
    const frame = parseFrame(data);
    ref = frame.type === 'send' ? frame.id : frame.sessionId;
    switch (frame.type) {
      case 'subscribe': {
        getSession(deps.db, frame.sessionId);
        if (!deps.sockets.subscribe(socket, frame.sessionId)) {
          throw new AppError('limit_reached', 'This connection follows too many sessions.');
        }
        catchUp(deps, socket, frame);
        return;
      }
      case 'earlier':
        sendEarlier(deps, socket, frame);
        return;
      case 'unsubscribe':
        deps.sockets.unsubscribe(socket, frame.sessionId);
        return;
      case 'send': {
        const { id, sessionId, text } = frame;
        const stored = deps.send(member, { id, sessionId, text });
        deps.sockets.send(socket, { type: 'ack', id, sessionId, ...stored });
        return;
      }
      case 'stop':
        await deps.stop(member, frame.sessionId);
        return;
    }
  } catch (error) {
    const known = asAppError(error) ?? new AppError('internal', 'Something went wrong here.');
    const { code, message } = known;
    deps.sockets.send(socket, { type: 'error', code, message, ref });
    if (code === 'unauthenticated') socket.close(CLOSE_SIGNED_OUT, 'signed out');
  }
}
