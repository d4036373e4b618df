import { z } from 'zod';

/** OpenClaw answers a request within a second; a hung one must not hold a turn, ms. */
const REQUEST_TIMEOUT_MS = 30_000;
/** OpenClaw is held still for a checkpoint at most 60 s, and refuses requests meanwhile, ms. */
const HELD_TIMEOUT_MS = 90_000;
/** Pause between tries to reach a held OpenClaw, ms. */
const HELD_POLL_MS = 250;
/** Requests under way at once on one link. */
const MAX_PENDING = 256;
/** The protocol of the OpenClaw gateway that this code speaks. */
const OPENCLAW_PROTOCOL = 4;

const incoming = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('event'), event: z.string(), payload: z.unknown().optional() }),
  z.looseObject({
    type: z.literal('res'),
    id: z.string(),
    ok: z.boolean(),
    payload: z.unknown().optional(),
    error: z
      .looseObject({ code: z.unknown().optional(), message: z.string().optional() })
      .nullish(),
  }),
]);

/** The link is gone, or OpenClaw refused a request with its own code. */
export class OpenClawError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'OpenClawError';
    this.code = code;
  }
}

interface Pending {
  resolve(payload: unknown): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

/**
 * One connection to the OpenClaw gateway (protocol 4, JSON text). It is held only while a turn is
 * open, since an outgoing socket keeps the object in memory.
 */
export class OpenClawLink {
  readonly #socket: WebSocket;
  readonly #onEvent: (event: string, payload: unknown) => void;
  readonly #pending = new Map<string, Pending>();
  #nextId = 1;
  #closed: OpenClawError | null = null;
  /** Resolves when the link is gone, with the reason. */
  readonly closed: Promise<OpenClawError>;
  #tellClosed!: (reason: OpenClawError) => void;

  private constructor(socket: WebSocket, onEvent: (event: string, payload: unknown) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    socket.addEventListener('close', (e) => this.#end(`closed with ${e.code}`));
    socket.addEventListener('error', () => this.#end('the connection broke'));
  }

  /** Takes an accepted socket through the handshake. OpenClawError when it is refused. */
  static async open(
    socket: WebSocket,
    options: {
      token: string;
      onEvent: (event: string, payload: unknown) => void;
      /** What the link may do; chat needs no more than to read and write. */
      scopes?: readonly string[];
    },
  ): Promise<OpenClawLink> {
    const { promise: challenge, resolve: challenged } = Promise.withResolvers<void>();
    const link = new OpenClawLink(socket, options.onEvent);
    socket.addEventListener('message', (message) => {
      const frame = link.#receive(message.data);
      if (frame === 'connect.challenge') challenged();
    });
    const lost = link.closed.then((error) => Promise.reject(error));
    lost.catch(() => undefined);
    // A gateway that takes the socket and says nothing is as good as none.
    const timer = setTimeout(() => socket.close(1000, 'no challenge'), REQUEST_TIMEOUT_MS);
    await Promise.race([challenge, lost]).finally(() => clearTimeout(timer));
    await link.request('connect', {
      minProtocol: OPENCLAW_PROTOCOL,
      maxProtocol: OPENCLAW_PROTOCOL,
      client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' },
      role: 'operator',
      scopes: options.scopes ?? ['operator.read', 'operator.write'],
      caps: ['tool-events'],
      auth: { token: options.token },
    });
    return link;
  }

  /**
   * One request; OpenClawError with OpenClaw's code when it refuses, or when the link goes. One that is
   * refused because OpenClaw is held still for a checkpoint is repeated: that passes.
   */
  async request(method: string, params: Record<string, unknown>): Promise<unknown> {
    for (let waitedMs = 0; ; waitedMs += HELD_POLL_MS) {
      try {
        return await this.#ask(method, params);
      } catch (error) {
        const isHeld = error instanceof OpenClawError && error.code === 'UNAVAILABLE';
        if (!isHeld || waitedMs >= HELD_TIMEOUT_MS) throw error;
      }
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, HELD_POLL_MS)),
        this.closed,
      ]);
    }
  }

  #ask(method: string, params: Record<string, unknown>): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new OpenClawError('link_busy', 'too many requests are under way'));
    }
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new OpenClawError('request_timeout', `${method} was not answered in time`));
      }, REQUEST_TIMEOUT_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    });
  }

  /** Gives the link up at once: a peer that hangs never answers a close. */
  close(reason = 'done'): void {
    if (this.#closed) return;
    this.#end(reason);
    this.#socket.close(1000, 'done');
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = new OpenClawError('link_closed', why);
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(this.#closed);
    }
    this.#pending.clear();
    this.#tellClosed(this.#closed);
  }

  /** Handles one frame; answers the name of an event that belongs to the handshake. */
  #receive(data: unknown): string | null {
    if (typeof data !== 'string') return null;
    let json: unknown;
    try {
      json = JSON.parse(data);
    } catch {
      return null;
    }
    const frame = incoming.safeParse(json);
    if (!frame.success) return null;
    if (frame.data.type === 'event') {
      this.#onEvent(frame.data.event, frame.data.payload);
      return frame.data.event;
    }
    const pending = this.#pending.get(frame.data.id);
    if (!pending) return null;
    this.#pending.delete(frame.data.id);
    clearTimeout(pending.timer);
    if (frame.data.ok) pending.resolve(frame.data.payload);
    else {
      const { code, message } = frame.data.error ?? {};
      pending.reject(new OpenClawError(String(code ?? 'refused'), message ?? 'OpenClaw refused'));
    }
    return null;
  }
}
