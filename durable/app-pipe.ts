import { admitConnect } from './app-handshake.ts';
import { closeCode } from './sockets.ts';

/** One frame of an app, characters: a photograph of 3 MB as base64. */
const MAX_APP_FRAME_CHARS = 4 * 1024 * 1024;
/** Frames of an app in a minute: opening one makes some fifty requests. */
const MAX_APP_FRAMES = 600;
/**
 * Characters in a minute, each way. Workers do not tell how much of it the other end has not read
 * yet, so this is also the bound of what may wait in memory.
 */
const MAX_CHARS = 16 * 1024 * 1024;
const MINUTE_MS = 60_000;
/** An app must say who it is within this time, ms, as OpenClaw's own handshake timeout. */
const HANDSHAKE_MS = 15_000;
/** Frames of OpenClaw about a run count as the app's use for so long after its last request, ms. */
const RUN_MS = 30 * 60_000;
/** Use is told at most this often, ms. */
const TELL_USE_EVERY_MS = 30_000;

/** Requests that make the agent work; what an app asks for by itself, now and then, is no use of it. */
const USE = /"method":\s*"(?:agent|chat\.send|sessions\.(?:create|send|steer))"/;
/** Events that only come while it works. */
const RUN = /^\{"type":"event","event":"(?:agent|chat)"/;

export interface PipeDeps {
  app: WebSocket;
  /** A socket to OpenClaw on which it takes its client for a remote one. */
  openclaw: WebSocket;
  gatewayToken: string;
  now(): number;
  /** The app has the agent work. */
  used(): void;
  ended(): void;
}

/** Carries the frames of one app to OpenClaw and back, within bounds, until either end closes. */
export class AppPipe {
  readonly #deps: PipeDeps;
  readonly #handshake: ReturnType<typeof setTimeout>;
  readonly #appFrames: MinuteMeter;
  readonly #appChars: MinuteMeter;
  readonly #openclawChars: MinuteMeter;
  #isConnected = false;
  #isClosed = false;
  #usedAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** Takes two accepted sockets over. */
  constructor(deps: PipeDeps) {
    const { app, openclaw, now } = deps;
    this.#deps = deps;
    this.#appFrames = new MinuteMeter(MAX_APP_FRAMES, now);
    this.#appChars = new MinuteMeter(MAX_CHARS, now);
    this.#openclawChars = new MinuteMeter(MAX_CHARS, now);
    this.#handshake = setTimeout(() => this.close(1008, 'no connect in time'), HANDSHAKE_MS);
    app.addEventListener('message', ({ data }) => this.#toOpenClaw(data));
    openclaw.addEventListener('message', ({ data }) => this.#toApp(data));
    for (const socket of [app, openclaw]) {
      socket.addEventListener('close', ({ code, reason }) => {
        // A sandbox that is killed says no goodbye.
        this.close(code === 1006 ? 1011 : closeCode(code), reason);
      });
      socket.addEventListener('error', () => this.close(1011, 'the connection broke'));
    }
  }

  /** Closes both ends. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#handshake);
    for (const socket of [this.#deps.app, this.#deps.openclaw]) {
      try {
        socket.close(code, reason);
      } catch {
        // It is closed already.
      }
    }
    this.#deps.ended();
  }

  #toOpenClaw(data: unknown): void {
    if (this.#isClosed) return;
    if (typeof data !== 'string') return this.close(1003, 'frames are JSON text');
    if (data.length > MAX_APP_FRAME_CHARS) return this.close(1009, 'the frame is too large');
    if (!this.#appFrames.take(1) || !this.#appChars.take(data.length))
      return this.close(1008, 'too much at once');
    if (!this.#isConnected) return this.#connect(data);
    if (USE.test(data)) this.#use();
    this.#send(this.#deps.openclaw, data);
  }

  #connect(text: string): void {
    const handshake = admitConnect(text, this.#deps.gatewayToken);
    if (!handshake.ok) {
      if (handshake.answer !== null) this.#send(this.#deps.app, handshake.answer);
      return this.close(1008, handshake.reason);
    }
    this.#isConnected = true;
    clearTimeout(this.#handshake);
    this.#send(this.#deps.openclaw, handshake.frame);
  }

  #toApp(data: unknown): void {
    if (this.#isClosed) return;
    if (typeof data !== 'string') return this.close(1003, 'frames are JSON text');
    if (!this.#openclawChars.take(data.length)) return this.close(1009, 'too much at once');
    const isAboutUse = this.#deps.now() - this.#usedAt < RUN_MS && RUN.test(data);
    if (isAboutUse) this.#tellUse();
    this.#send(this.#deps.app, data);
  }

  #use(): void {
    this.#usedAt = this.#deps.now();
    this.#tellUse();
  }

  #tellUse(): void {
    const now = this.#deps.now();
    if (now - this.#toldAt < TELL_USE_EVERY_MS) return;
    this.#toldAt = now;
    this.#deps.used();
  }

  #send(socket: WebSocket, data: string): void {
    try {
      socket.send(data);
    } catch {
      this.close(1011, 'the connection broke');
    }
  }
}

/** Counts up to a bound in each minute that begins with its first count. */
class MinuteMeter {
  readonly #max: number;
  readonly #now: () => number;
  #since = 0;
  #count = 0;

  constructor(max: number, now: () => number) {
    this.#max = max;
    this.#now = now;
  }

  /** False when that would be too many. */
  take(count: number): boolean {
    const now = this.#now();
    if (now - this.#since >= MINUTE_MS) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += count;
    return this.#count <= this.#max;
  }
}
