import { z } from 'zod';
import type { AgentInspection } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { MAX_WATCHERS, MIN_INSPECTION_PAUSE_MS, type LiveFrame } from '../contract/live.ts';
import type { TimelineEntry } from '../contract/timeline.ts';
import { credentialEnd } from './credentials.ts';
import type { Door } from './door.ts';
import { setDueBy } from './due.ts';
import { reasonOf, type LogEntry } from './log.ts';
import type { Caller } from './rpc.ts';
import { CLOSE_TOO_MANY_FRAMES, type WhyClose } from './sockets.ts';
import type { AgentDb } from './storage.ts';
import { followTimeline, lastSeq } from './timeline.ts';

/** What sets watchers' sockets apart from members' among the agent's hibernatable ones. */
const TAG = 'live';

const attachment = z.object({
  caller: z.custom<Caller>((value) => typeof value === 'object' && value !== null),
  expiresAt: z.number().int().nullable(),
});

/** Entries after which what an agent is, is another: watchers are shown it at once. */
const CHANGES_STATE: ReadonlySet<TimelineEntry['data']['type']> = new Set([
  'start',
  'stage',
  'ready',
  'drain',
  'asleep',
  'failed',
]);

export interface WatchersDeps {
  ctx: Pick<DurableObjectState, 'acceptWebSocket' | 'getWebSockets' | 'getTags'>;
  db: AgentDb;
  door: Pick<Door, 'record'>;
  inspect(): AgentInspection;
  now(): number;
  log(entry: LogEntry): void;
}

/**
 * Operators who look at the agent as it goes on. Their sockets hibernate with it, and looking neither
 * wakes the agent nor keeps it awake: what is told is told by what happens, and no timer waits for it.
 */
export class Watchers {
  readonly #deps: WatchersDeps;
  /** Entries of the commit under way. */
  #news: TimelineEntry[] = [];
  #inspectedAt = 0;

  constructor(deps: WatchersDeps) {
    this.#deps = deps;
    followTimeline(deps.db, (entry) => this.#happened(entry));
  }

  /** Takes an operator's socket. AppError forbidden for others, limit_reached when too many watch. */
  connect(caller: Caller): WebSocket {
    const { ctx, db, door, now } = this.#deps;
    if (caller?.kind !== 'operator') throw new AppError('forbidden', 'Only operators may watch.');
    door.record();
    if (this.#sockets().length >= MAX_WATCHERS) {
      throw new AppError('limit_reached', `At most ${MAX_WATCHERS} may watch an agent.`);
    }
    const { 0: client, 1: server } = new WebSocketPair();
    const expiresAt = credentialEnd(db, caller, now());
    ctx.acceptWebSocket(server, [TAG]);
    server.serializeAttachment({ caller, expiresAt });
    if (expiresAt !== null) setDueBy(db, 'expire', '', expiresAt);
    send(server, this.#live());
    return client;
  }

  has(socket: WebSocket): boolean {
    return this.#deps.ctx.getTags(socket).includes(TAG);
  }

  /** A watcher has nothing to say; its pings are answered without the agent. */
  receive(socket: WebSocket): void {
    socket.close(CLOSE_TOO_MANY_FRAMES, 'watchers only listen');
  }

  /** Closes the sockets for which `why` has a code and a reason. */
  closeWhere(why: WhyClose): void {
    for (const socket of this.#sockets()) {
      const close = why(attachment.parse(socket.deserializeAttachment()));
      if (close) socket.close(close.code, close.reason);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets()) socket.close(code, reason);
  }

  #sockets(): WebSocket[] {
    return this.#deps.ctx.getWebSockets(TAG);
  }

  /** Remembers an entry until its commit is written as a whole, and tells of all at once then. */
  #happened(entry: TimelineEntry): void {
    if (this.#news.length === 0 && this.#sockets().length === 0) return;
    this.#news.push(entry);
    if (this.#news.length === 1) queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    const { now, log } = this.#deps;
    const entries = this.#news;
    this.#news = [];
    try {
      this.#send({ t: 'timeline', entries });
      const isOld = now() - this.#inspectedAt >= MIN_INSPECTION_PAUSE_MS;
      if (isOld || entries.some(({ data }) => CHANGES_STATE.has(data.type)))
        this.#send(this.#live());
    } catch (error) {
      // Whoever watches sees a gap in the numbers; what happened is stored all the same.
      log({ level: 'warn', msg: 'watchers were not told', error: reasonOf(error) });
    }
  }

  #live(): LiveFrame {
    const { db, inspect, now } = this.#deps;
    this.#inspectedAt = now();
    return { t: 'live', seq: lastSeq(db), inspection: inspect() };
  }

  #send(frame: LiveFrame): void {
    for (const socket of this.#sockets()) send(socket, frame);
  }
}

function send(socket: WebSocket, frame: LiveFrame): void {
  try {
    socket.send(JSON.stringify(frame));
  } catch {
    // The watcher is gone; its close event follows.
  }
}
