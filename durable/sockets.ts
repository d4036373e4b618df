import { z } from 'zod';
import { MAX_SUBSCRIPTIONS, PING, PONG, type ServerFrame } from '../contract/frames.ts';
import type { Caller } from './rpc.ts';

const attachment = z.object({
  caller: z.custom<Caller>((value) => typeof value === 'object' && value !== null),
  /** Sessions this socket follows. */
  sessions: z.array(z.string()).max(MAX_SUBSCRIPTIONS),
  /** When what opened it ends by itself, UTC ms; null when it never does. */
  expiresAt: z.number().int().nullable().default(null),
});
type Attachment = z.infer<typeof attachment>;

/** What there is to know of an open socket for whoever decides whether it stays open. */
export type OpenSocket = Pick<Attachment, 'caller' | 'expiresAt'>;
/** Why a socket is closed; null lets it be. */
export type WhyClose = (socket: OpenSocket) => { code: number; reason: string } | null;

/** Close code for a socket whose credential ended: the client must not come back by itself. */
export const CLOSE_SIGNED_OUT = 4401;
/** Close code for a socket that sends too much: policy violation (RFC 6455, section 7.4.1). */
export const CLOSE_TOO_MANY_FRAMES = 1008;
/** Close code for a socket to be opened anew, by whoever still may. */
export const CLOSE_RENEW = 4408;
/** Close codes for a tenant that was suspended, or deleted. */
export const CLOSE_SUSPENDED = 4403;
export const CLOSE_DELETED = 4410;
/** What sets members' sockets apart from watchers' among the agent's hibernatable ones. */
const TAG = 'chat';
/** Sockets of one agent at a time; a client beyond it is refused. */
export const MAX_SOCKETS = 500;

/**
 * The clients' hibernatable sockets. What must outlive hibernation is in each socket's attachment;
 * nothing here is kept in memory.
 */
export class Sockets {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  get count(): number {
    return this.#sockets().length;
  }

  /** Takes a socket over and answers the client's half of it. */
  accept(caller: Caller, expiresAt: number | null): { client: WebSocket; server: WebSocket } {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [TAG]);
    this.#write(server, { caller, sessions: [], expiresAt });
    return { client, server };
  }

  callerOf(socket: WebSocket): Caller {
    return this.#read(socket).caller;
  }

  /** Follows a session; false when the socket follows as many as it may. */
  subscribe(socket: WebSocket, sessionId: string): boolean {
    const state = this.#read(socket);
    if (state.sessions.includes(sessionId)) return true;
    if (state.sessions.length >= MAX_SUBSCRIPTIONS) return false;
    this.#write(socket, { ...state, sessions: [...state.sessions, sessionId] });
    return true;
  }

  unsubscribe(socket: WebSocket, sessionId: string): void {
    const state = this.#read(socket);
    const sessions = state.sessions.filter((id) => id !== sessionId);
    this.#write(socket, { ...state, sessions });
  }

  send(socket: WebSocket, frame: ServerFrame): void {
    this.#sendText(socket, JSON.stringify(frame));
  }

  /** To every client, or to those that follow a session. */
  broadcast(frame: ServerFrame, sessionId?: string): void {
    const text = JSON.stringify(frame);
    for (const socket of this.#sockets()) {
      if (sessionId === undefined || this.#read(socket).sessions.includes(sessionId)) {
        this.#sendText(socket, text);
      }
    }
  }

  /** Closes the sockets for which `why` has a code and a reason. */
  closeWhere(why: WhyClose): void {
    for (const socket of this.#sockets()) {
      const close = why(this.#read(socket));
      if (close) socket.close(close.code, close.reason);
    }
  }

  /** Closes every socket: the agent serves nobody any more. */
  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets()) socket.close(code, reason);
  }

  #sockets(): WebSocket[] {
    return this.#ctx.getWebSockets(TAG);
  }

  #read(socket: WebSocket): Attachment {
    return attachment.parse(socket.deserializeAttachment());
  }

  #write(socket: WebSocket, state: Attachment): void {
    socket.serializeAttachment(state);
  }

  #sendText(socket: WebSocket, text: string): void {
    try {
      socket.send(text);
    } catch {
      // The client is gone; its close event follows, and it resumes by seq when it comes back.
    }
  }
}

/** A close code that may be sent back: 1005, 1006 and 1015 only ever describe. */
export function closeCode(code: number): number {
  return code === 1005 || code === 1006 || code === 1015 ? 1000 : code;
}
