import { AppError } from '../contract/errors.ts';
import { noteDirty } from './activity.ts';
import { addKnock, isNewlyOpened } from './app-knocks.ts';
import { AppPipe } from './app-pipe.ts';
import { readCell, writeCell } from './cells.ts';
import { credentialEnd } from './credentials.ts';
import { atMost } from './deadline.ts';
import type { Door } from './door.ts';
import { setDueBy } from './due.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { Caller } from './rpc.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import { sha256Hex } from './secrets.ts';
import type { OpenSocket, WhyClose } from './sockets.ts';
import type { AgentDb } from './storage.ts';
import type { WakeState } from './wake.ts';

/** Sockets of apps at a time: each holds one of its own to the sandbox. */
export const MAX_APPS = 8;
/** An app gives its handshake 15 s; a wake that takes longer it finds done when it comes back, ms. */
const WAKE_WAIT_MS = 10_000;
/** After so long an app may try again, s. */
const RETRY_S = 5;
/** The sandbox stops: the app may come back (RFC 6455, "service restart"). */
const CLOSE_STOPPED = 1012;
/** In place of an address that says nothing, such as a developer's own machine (RFC 5737). */
const SOMEWHERE = '192.0.2.1';
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$)/;

type KeyCaller = Extract<Caller, { kind: 'key' }>;

interface OpenApp extends OpenSocket {
  pipe: AppPipe;
}

export interface AppsDeps {
  db: AgentDb;
  door: Door;
  sandbox: Pick<SandboxDriver, 'wake' | 'drive' | 'supervisor' | 'touch'>;
  /** Somebody needs the agent awake. */
  demand(): void;
  /** Somebody used the agent: its idle time begins anew. */
  touch(): void;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
  /** Due steps may have changed. */
  rested(): Promise<void>;
  log(entry: LogEntry): void;
}

/**
 * OpenClaw's own apps, each with a socket to OpenClaw of its own. Both ends are held in memory, so
 * the agent does not hibernate while an app is connected; when it falls asleep they are closed.
 */
export class Apps {
  readonly #deps: AppsDeps;
  readonly #open = new Set<OpenApp>();
  /** Sockets that are being opened. */
  #opening = 0;

  constructor(deps: AppsDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#open.size;
  }

  /**
   * Takes an app's socket and answers the app's half of it; wakes the agent for an app that was newly
   * opened. AppError forbidden, limit_reached, or agent_unavailable while there is nobody to talk to.
   */
  async connect(caller: Caller, address: string | null): Promise<WebSocket> {
    this.#enter(caller);
    const seenAt = address === null || LOOPBACK.test(address) ? SOMEWHERE : address;
    const app = sha256Hex(`${caller.keyId} ${seenAt}`).slice(0, 16);
    const isNew = this.#knock(app);
    if (this.#open.size + this.#opening >= MAX_APPS) {
      throw new AppError('limit_reached', `At most ${MAX_APPS} apps may be connected.`);
    }
    this.#opening += 1;
    try {
      await this.#awake(isNew);
      if (isNew) this.#deps.touch();
      const { openclaw, gatewayToken } = await this.#dial(seenAt);
      return this.#join({ caller, app, openclaw, gatewayToken });
    } finally {
      this.#opening -= 1;
    }
  }

  /** Closes the sockets for which `why` has a code and a reason. */
  closeWhere(why: WhyClose): void {
    for (const { caller, expiresAt, pipe } of this.#open) {
      const close = why({ caller, expiresAt });
      if (close) pipe.close(close.code, close.reason);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const { pipe } of this.#open) pipe.close(code, reason);
  }

  /** The sandbox has moved on: only a ready one has anybody to talk to. */
  stateChanged({ state }: WakeState): void {
    if (state !== 'ready') this.closeAll(CLOSE_STOPPED, 'the agent stopped');
  }

  /** AppError unless it is a program whose key is for chats. */
  #enter(caller: Caller): asserts caller is KeyCaller {
    if (caller.kind !== 'key') throw new AppError('forbidden', 'Only API keys may.');
    this.#deps.door.identify(caller);
  }

  /** Notes that the app is here; whether somebody has opened it. */
  #knock(app: string): boolean {
    const { db, now } = this.#deps;
    const at = now();
    const knocks = readCell(db, 'appKnocks') ?? [];
    writeCell(db, 'appKnocks', addKnock(knocks, { app, at }));
    return isNewlyOpened(knocks, app, at);
  }

  /** Waits until the sandbox is ready, at most as long as an app does. AppError agent_unavailable. */
  async #awake(isNew: boolean): Promise<void> {
    const { sandbox, demand } = this.#deps;
    const { state } = sandbox.wake;
    if (state === 'ready') return;
    const isResting = state === 'asleep' || state === 'failed';
    if (isResting && !isNew) {
      throw new AppError('agent_unavailable', 'The agent is asleep.', {
        hint: 'A message wakes it, and so does an app that is opened anew after three minutes.',
        retryAfterS: RETRY_S,
      });
    }
    if (isResting) demand();
    if (state !== 'draining') await atMost(WAKE_WAIT_MS, sandbox.drive());
    if (sandbox.wake.state === 'ready') return;
    const { state: now, failure } = sandbox.wake;
    const why = now === 'failed' ? (failure?.message ?? 'It could not start.') : `It is ${now}.`;
    throw new AppError('agent_unavailable', `The agent is not ready. ${why}`, {
      hint: 'Try again in a few seconds.',
      retryAfterS: RETRY_S,
    });
  }

  async #dial(address: string): Promise<{ openclaw: WebSocket; gatewayToken: string }> {
    const { sandbox } = this.#deps;
    const { generation } = sandbox.wake;
    try {
      const openclaw = await sandbox.supervisor()?.app(address);
      const { tokens, state } = sandbox.wake;
      const isSame = sandbox.wake.generation === generation && state === 'ready';
      if (openclaw && tokens && isSame) return { openclaw, gatewayToken: tokens.gateway };
      openclaw?.close(CLOSE_STOPPED, 'too late');
    } catch (error) {
      this.#deps.log({ level: 'warn', msg: 'no socket for an app', error: reasonOf(error) });
    }
    throw new AppError('agent_unavailable', 'OpenClaw does not answer.', { retryAfterS: RETRY_S });
  }

  #join(joined: {
    caller: KeyCaller;
    app: string;
    openclaw: WebSocket;
    gatewayToken: string;
  }): WebSocket {
    const { caller, app, openclaw, gatewayToken } = joined;
    const { db, now } = this.#deps;
    try {
      // Anything may have happened while the sandbox woke.
      this.#enter(caller);
    } catch (error) {
      openclaw.close(CLOSE_STOPPED, 'too late');
      throw error;
    }
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    const ended = (): void => {
      this.#open.delete(open);
      this.#knock(app);
    };
    const used = (): void => this.#used();
    const pipe = new AppPipe({ app: server, openclaw, gatewayToken, now, used, ended });
    const expiresAt = credentialEnd(db, caller, now());
    const open: OpenApp = { caller, expiresAt, pipe };
    this.#open.add(open);
    if (expiresAt !== null) setDueBy(db, 'expire', '', expiresAt);
    // A device that asks to be let in, or comes back, is written down by OpenClaw.
    noteDirty(db, now());
    return client;
  }

  #used(): void {
    const { db, sandbox, touch, now, waitUntil, rested } = this.#deps;
    touch();
    noteDirty(db, now());
    waitUntil(sandbox.touch().then(rested));
  }
}
