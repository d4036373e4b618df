import { createContext } from 'svelte';
import { z } from 'zod';
import {
  serverFrame,
  type ClientFrame,
  type ServerFrame,
  type SessionView,
} from '../../../../contract/frames.ts';
import { ApiError } from '../api/http.ts';
import type { MemberApi } from '../api/member-api.ts';
import { applyFrame, EMPTY_CHAT, type ChatState } from './chat-state.ts';
import type { ChatSocket, SocketEvents } from './chat-socket.ts';
import { titleFrom } from './composer-keys.ts';
import { addMessage, dropMessages, markUnsent, toSend, type Outbox } from './outbox.ts';
import { EMPTY_LOG } from './session-log.ts';

/**
 * How the line to the agent stands. `signed_out`, `refused` and `outdated` are final: only the
 * person can do something about them.
 */
export type Line = 'connecting' | 'open' | 'lost' | 'signed_out' | 'refused' | 'outdated';

/** Turns that are asked for at a time: some screens full. */
const TURNS_PER_PAGE = 40;
/** Forbidden, no such address, and deleted: asking again changes nothing. */
const FINAL_REFUSALS: readonly number[] = [403, 404, 410];

/** What the client touches of the world. */
export interface ChatDeps {
  connect(events: SocketEvents): ChatSocket;
  api: MemberApi;
  /** Runs `task` at the next animation frame, or soon when the page is hidden. */
  nextFrame(task: () => void): void;
  /** UTC ms. */
  now(): number;
  /** An id of contract/ids.ts `clientId`. */
  newId(): string;
  readOutbox(): Outbox;
  writeOutbox(outbox: Outbox): void;
}

/** One member's chat with the agent over one socket; the decisions are in chat-state.ts. */
export class ChatClient {
  #deps: ChatDeps;
  #socket: ChatSocket | null = null;
  #followed: string | null = null;
  #arrived: ServerFrame[] = [];
  #flushPlanned = false;
  #isAsking = false;
  /** Sessions whose earlier turns were asked for over this line. */
  #reading = new Set<string>();

  chat: ChatState = $state.raw(EMPTY_CHAT);
  line: Line = $state('connecting');
  /** Why the line is refused, in the server's words. */
  refusal: string | null = $state(null);

  constructor(deps: ChatDeps) {
    this.#deps = deps;
    this.chat = { ...EMPTY_CHAT, outbox: deps.readOutbox() };
  }

  /** Opens the line; gives back what closes it. */
  start(): () => void {
    this.#socket = this.#deps.connect({
      onText: (text) => this.#hear(text),
      onDown: () => void this.#ask(),
    });
    return () => this.#hangUp();
  }

  #hangUp(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  #hear(text: string): void {
    const frame = parseFrame(text);
    if (frame === 'outdated') {
      this.line = 'outdated';
      this.#hangUp();
    }
    if (typeof frame === 'string') return;
    this.#arrived.push(frame);
    // Deltas come in bursts and are drawn once a frame; everything else is rare and must not wait.
    if (frame.type === 'events') this.#planFlush();
    else this.#flush();
    if (frame.type === 'earlier' && frame.done) this.#reading.delete(frame.sessionId);
    if (frame.type === 'hello') this.#resume();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    this.#deps.nextFrame(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    const frames = this.#arrived;
    if (frames.length === 0) return;
    this.#arrived = [];
    const now = this.#deps.now();
    this.#set(frames.reduce((chat, frame) => applyFrame(chat, frame, now), this.chat));
  }

  #set(chat: ChatState): void {
    const before = this.chat.outbox;
    this.chat = chat;
    if (chat.outbox !== before) this.#deps.writeOutbox(chat.outbox);
  }

  #say(frame: ClientFrame): boolean {
    return this.line === 'open' && (this.#socket?.send(frame) ?? false);
  }

  /** After a greeting: go on reading where the log ends, and send again what was never confirmed. */
  #resume(): void {
    this.line = 'open';
    this.#reading.clear();
    this.#forgetHalves();
    if (this.#followed !== null) this.#subscribe(this.#followed);
    for (const { id, sessionId, text } of toSend(this.chat.outbox)) {
      this.#say({ type: 'send', id, sessionId, text });
    }
  }

  #subscribe(sessionId: string): void {
    const after = this.chat.logs[sessionId]?.lastSeq ?? 0;
    this.#say({ type: 'subscribe', sessionId, after, turns: TURNS_PER_PAGE });
  }

  /** Asks for the turns before those that are here, unless they are on their way. */
  readEarlier(sessionId: string): void {
    const before = this.chat.logs[sessionId]?.cut ?? null;
    if (before === null || this.#reading.has(sessionId)) return;
    const turns = TURNS_PER_PAGE;
    if (this.#say({ type: 'earlier', sessionId, before, turns })) this.#reading.add(sessionId);
  }

  /** What has come of earlier turns over a line that was lost comes whole when it is asked for again. */
  #forgetHalves(): void {
    const { logs } = this.chat;
    if (!Object.values(logs).some(({ coming }) => coming.length > 0)) return;
    const whole = Object.entries(logs).map(([id, log]) => [id, { ...log, coming: [] }] as const);
    this.#set({ ...this.chat, logs: Object.fromEntries(whole) });
  }

  /** A browser does not tell why a socket failed: the API does. */
  async #ask(): Promise<void> {
    if (this.#socket === null) return;
    this.line = 'lost';
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      if ((await this.#deps.api.me()) === null) this.#giveUp('signed_out', null);
    } catch (error) {
      if (error instanceof ApiError && FINAL_REFUSALS.includes(error.status)) {
        this.#giveUp('refused', error.message);
      }
    } finally {
      this.#isAsking = false;
    }
  }

  #giveUp(line: Line, refusal: string | null): void {
    this.line = line;
    this.refusal = refusal;
    this.#hangUp();
  }

  /** Reads along in one session, and in no other. */
  follow(sessionId: string | null): void {
    if (sessionId === this.#followed) return;
    if (this.#followed !== null) this.#say({ type: 'unsubscribe', sessionId: this.#followed });
    this.#followed = sessionId;
    if (sessionId === null) return;
    if (this.chat.logs[sessionId] === undefined && !this.chat.missing.has(sessionId)) {
      this.#set({ ...this.chat, logs: { ...this.chat.logs, [sessionId]: EMPTY_LOG } });
    }
    this.#subscribe(sessionId);
  }

  /** Sends a message, now or as soon as the line is back. */
  send(sessionId: string, text: string): void {
    const message = { id: this.#deps.newId(), sessionId, text };
    this.#set({ ...this.chat, outbox: addMessage(this.chat.outbox, message) });
    this.#say({ type: 'send', ...message });
  }

  /** Tries a refused message again. */
  resend(id: string): void {
    const message = this.chat.outbox.find((pending) => pending.id === id);
    if (message === undefined) return;
    this.#set({ ...this.chat, outbox: markUnsent(this.chat.outbox, id) });
    this.#say({ type: 'send', id, sessionId: message.sessionId, text: message.text });
  }

  /** Takes a message that was never stored out of the queue. */
  discard(id: string): void {
    this.#set({ ...this.chat, outbox: dropMessages(this.chat.outbox, new Set([id])) });
  }

  /** Stops the session's open turn; false when the line is down. */
  stop(sessionId: string): boolean {
    return this.#say({ type: 'stop', sessionId });
  }

  /** Makes a session, and sends its first message, which names it until it has a title. Throws ApiError. */
  async begin(text: string): Promise<SessionView> {
    const made = await this.#deps.api.createSession();
    const session = { ...made, title: titleFrom(text) };
    this.#set(applyFrame(this.chat, { type: 'session', session }, this.#deps.now()));
    this.follow(session.id);
    this.send(session.id, text);
    return session;
  }

  /** Throws ApiError. */
  async rename(id: string, title: string): Promise<void> {
    const session = await this.#deps.api.renameSession(id, title);
    this.#set(applyFrame(this.chat, { type: 'session', session }, this.#deps.now()));
  }

  /** Throws ApiError. */
  async remove(id: string): Promise<void> {
    await this.#deps.api.deleteSession(id);
    this.#set(applyFrame(this.chat, { type: 'session.deleted', sessionId: id }, this.#deps.now()));
  }

  /** Throws ApiError. */
  async signOut(): Promise<void> {
    await this.#deps.api.signOut();
    this.#giveUp('signed_out', null);
  }

  dismissNotice(): void {
    this.#set({ ...this.chat, notice: null });
  }
}

/** A greeting, whatever else is in it: one that does not parse is of another protocol. */
const greeting = z.object({ type: z.literal('hello') });

function parseFrame(text: string): ServerFrame | 'outdated' | 'unknown' {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'unknown';
  }
  const frame = serverFrame.safeParse(value);
  if (frame.success) return frame.data;
  return greeting.safeParse(value).success ? 'outdated' : 'unknown';
}

export const [useChat, setChat] = createContext<ChatClient>();
