import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { AgentStatus } from '../../contract/agent.ts';
import { serverFrame, type ClientFrame, type SessionEvent } from '../../contract/frames.ts';
import { dial } from '../support/loopback.ts';
import { Watchers } from '../support/watchers.ts';

/** Pause between tries to connect while the Worker is down, ms. */
const RECONNECT_MS = 100;
/** A connection that has not said hello by then is given up and made again, ms. */
const HELLO_TIMEOUT_MS = 15_000;
/** Refusals of one message in a row after which it is a failure, not a busy moment. */
const MAX_REFUSALS = 20;

/** A message as its sender knows it. */
export interface SentMessage {
  id: string;
  sessionId: string;
  text: string;
  /** Each acknowledgement that came for it. */
  acks: { turnId: string; seq: number }[];
  refusals: string[];
}

interface Followed {
  events: Map<number, SessionEvent>;
  last: number;
  /** On this connection the backlog is through: from here on no number may be left out. */
  isLive: boolean;
}

const isEnd = ({ data }: SessionEvent): boolean =>
  data.type === 'final' || data.type === 'aborted' || data.type === 'error';

/**
 * A member's client that never gives up: it connects again, resumes each session behind the last event
 * it has, and sends every message until it is acknowledged, so some arrive more than once.
 */
export class FaultClient {
  readonly messages = new Map<string, SentMessage>();
  readonly sessions = new Map<string, Followed>();
  /** What the stream should never have done. */
  readonly problems: string[] = [];
  agent: AgentStatus | null = null;
  reconnects = -1;
  readonly #address: URL;
  readonly #headers: Record<string, string>;
  readonly #watchers = new Watchers();
  #socket: WebSocket | null = null;
  #isClosed = false;

  constructor(origin: string, headers: Record<string, string>) {
    const url = new URL(`${origin.replace(/^http/, 'ws')}/api/socket`);
    const { hostname, host } = dial(url);
    url.hostname = hostname;
    this.#address = url;
    this.#headers = { ...headers, host };
    void this.#stayConnected();
  }

  follow(sessionId: string): void {
    if (this.sessions.has(sessionId)) return;
    this.sessions.set(sessionId, { events: new Map(), last: 0, isLive: false });
    this.#say({ type: 'subscribe', sessionId, after: 0 });
  }

  send(sessionId: string, text: string, id: string): void {
    this.messages.set(id, { id, sessionId, text, acks: [], refusals: [] });
    this.#say({ type: 'send', id, sessionId, text });
  }

  /** The same message once more, as a client does that missed the acknowledgement. */
  sendAgain(id: string): void {
    const message = this.messages.get(id);
    if (!message) return;
    this.#say({ type: 'send', id, sessionId: message.sessionId, text: message.text });
  }

  /** Cuts the connection without a goodbye. Answers whether there was one. */
  cut(): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.terminate();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  /** The turn of a message, once it is acknowledged. */
  turnOf(id: string): string | null {
    return this.messages.get(id)?.acks[0]?.turnId ?? null;
  }

  #eventsOf(sessionId: string, turnId: string | null): SessionEvent[] {
    if (turnId === null) return [];
    const events = this.sessions.get(sessionId)?.events.values() ?? [];
    return [...events].filter((event) => event.turnId === turnId);
  }

  hasEnded(sessionId: string, turnId: string | null): boolean {
    return this.#eventsOf(sessionId, turnId).some(isEnd);
  }

  /** The event that ended a message's turn. */
  endOf(id: string): SessionEvent | null {
    const sessionId = this.messages.get(id)?.sessionId ?? '';
    return this.#eventsOf(sessionId, this.turnOf(id)).find(isEnd) ?? null;
  }

  /** Whether OpenClaw is at work on a turn now, as far as it has said. */
  isRunning(sessionId: string, turnId: string | null): boolean {
    const events = this.#eventsOf(sessionId, turnId);
    return events.some(({ data }) => data.type !== 'user') && !events.some(isEnd);
  }

  /** Waits until something holds; false when it does not within `timeoutMs`. */
  async when(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0) return false;
      await this.#watchers.next(left);
    }
    return true;
  }

  async #stayConnected(): Promise<void> {
    while (!this.#isClosed) {
      await this.#connectOnce();
      if (!this.#isClosed) await pause(RECONNECT_MS);
    }
  }

  /** One connection's whole life. */
  #connectOnce(): Promise<void> {
    const socket = new WebSocket(this.#address, { headers: this.#headers });
    this.#socket = socket;
    for (const followed of this.sessions.values()) followed.isLive = false;
    const timer = setTimeout(() => socket.terminate(), HELLO_TIMEOUT_MS);
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      clearTimeout(timer);
      this.#receive(String(data));
      this.#watchers.notify();
    });
    return new Promise((resolve) => {
      socket.once('close', () => {
        clearTimeout(timer);
        this.#watchers.notify();
        resolve();
      });
    });
  }

  #resume(): void {
    this.reconnects++;
    for (const [sessionId, { last }] of this.sessions)
      this.#say({ type: 'subscribe', sessionId, after: last });
    for (const message of this.messages.values())
      if (message.acks.length === 0) this.sendAgain(message.id);
  }

  #receive(data: string): void {
    const frame = serverFrame.parse(JSON.parse(data));
    switch (frame.type) {
      case 'hello':
        this.agent = frame.agent;
        return this.#resume();
      case 'agent':
        this.agent = frame.agent;
        return;
      case 'ack':
        this.messages.get(frame.id)?.acks.push({ turnId: frame.turnId, seq: frame.seq });
        return;
      case 'error':
        return this.#refused(frame.ref ?? '', `${frame.code}: ${frame.message}`);
      case 'events':
        for (const event of frame.events) this.#take(frame.sessionId, event);
        if (frame.caughtUp) this.#followed(frame.sessionId).isLive = true;
        return;
      default:
    }
  }

  #followed(sessionId: string): Followed {
    const known = this.sessions.get(sessionId);
    if (known) return known;
    const made: Followed = { events: new Map(), last: 0, isLive: false };
    this.sessions.set(sessionId, made);
    return made;
  }

  #take(sessionId: string, event: SessionEvent): void {
    const followed = this.#followed(sessionId);
    const { last, isLive } = followed;
    const { seq } = event;
    if (seq <= last) this.problems.push(`${sessionId}: event ${seq} came again after ${last}`);
    else if (isLive && seq !== last + 1)
      this.problems.push(`${sessionId}: event ${seq} came live right after ${last}`);
    followed.events.set(seq, event);
    followed.last = Math.max(last, seq);
  }

  #refused(id: string, why: string): void {
    const message = this.messages.get(id);
    if (!message) return;
    message.refusals.push(why);
    if (message.acks.length > 0 || message.refusals.length > MAX_REFUSALS) return;
    setTimeout(() => this.sendAgain(id), RECONNECT_MS * message.refusals.length);
  }

  #say(frame: ClientFrame): void {
    // What is said while the line is down is said again at the next hello.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}
