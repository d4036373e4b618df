import { WebSocket } from 'ws';
import {
  serverFrame,
  type ClientFrame,
  type ServerFrame,
  type SessionEvent,
} from '../../contract/frames.ts';
import { dial } from './loopback.ts';
import { Watchers } from './watchers.ts';

/** A frame that does not come within this time never will, ms. */
const FRAME_TIMEOUT_MS = 400_000;

/** A chat socket as a client has it: every frame is parsed by the contract and kept. */
export class ChatSocket {
  readonly frames: ServerFrame[] = [];
  readonly #socket: WebSocket;
  readonly #watchers = new Watchers();
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        resolve(code);
        this.#watchers.notify();
      });
    });
    socket.on('message', (data) => {
      this.frames.push(serverFrame.parse(JSON.parse(String(data))));
      this.#watchers.notify();
    });
  }

  /** Opens a socket and waits for its `hello`. */
  static async open(address: string, headers: Record<string, string>): Promise<ChatSocket> {
    const url = new URL(address);
    const { hostname, host } = dial(url);
    url.hostname = hostname;
    const socket = new WebSocket(url, { headers: { host, ...headers } });
    const chat = new ChatSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    await chat.until((frame) => frame.type === 'hello');
    return chat;
  }

  send(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Sends what no well-behaved client would. */
  sendRaw(data: string): void {
    this.#socket.send(data);
  }

  /** The first frame, come or to come, that `wanted` says yes to. */
  async until(wanted: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    return this.#untilSome(() => this.frames.find(wanted));
  }

  /** All events of a session so far, in order of arrival. */
  events(sessionId: string): SessionEvent[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'events' && frame.sessionId === sessionId ? frame.events : [],
    );
  }

  /** The event, come or to come, that ends a turn. */
  async end(sessionId: string, turnId: string): Promise<SessionEvent> {
    const isEnd = ({ turnId: id, data }: SessionEvent): boolean =>
      id === turnId && (data.type === 'final' || data.type === 'aborted' || data.type === 'error');
    return this.#untilSome(() => this.events(sessionId).find(isEnd));
  }

  /** Sends one message and waits for its answer's text. */
  async say(sessionId: string, text: string, id = crypto.randomUUID()): Promise<string> {
    const end = await this.told(sessionId, text, id);
    if (end.data.type !== 'final') throw new Error(`no answer: ${JSON.stringify(end.data)}`);
    return end.data.text;
  }

  /** Sends one message and waits for whatever ends its turn. */
  async told(sessionId: string, text: string, id = crypto.randomUUID()): Promise<SessionEvent> {
    this.send({ type: 'send', id, sessionId, text });
    const ack = await this.until(
      (frame) =>
        (frame.type === 'ack' && frame.id === id) || (frame.type === 'error' && frame.ref === id),
    );
    if (ack.type !== 'ack') throw new Error(`refused: ${JSON.stringify(ack)}`);
    return this.end(sessionId, ack.turnId);
  }

  /** Cuts the connection without a goodbye. */
  cut(): void {
    this.#socket.terminate();
  }

  close(): void {
    this.#socket.close();
  }

  async #untilSome<T>(find: () => T | undefined): Promise<T> {
    const deadline = Date.now() + FRAME_TIMEOUT_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.#socket.readyState === WebSocket.CLOSED) {
        const last = JSON.stringify(this.frames.slice(-5));
        throw new Error(`the awaited frame did not come; the last ones: ${last}`);
      }
      await this.#watchers.next(left);
    }
  }
}
