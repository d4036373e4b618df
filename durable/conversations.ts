import type { AgentStatus } from '../contract/agent.ts';
import type { TurnView } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import type { SessionEvent, SessionView } from '../contract/frames.ts';
import type { Limits } from '../contract/limits.ts';
import type { BudgetView } from '../contract/notices.ts';
import { limitsOf } from '../contract/tiers.ts';
import { greet, receive, type ChatDeps } from './chat.ts';
import { credentialEnd } from './credentials.ts';
import type { Door } from './door.ts';
import { setDue, setDueBy, WATCHDOG_MS } from './due.ts';
import { FrameRate } from './frame-rate.ts';
import { reasonOf, type LogEntry } from './log.ts';
import { MemberTurns } from './member-turns.ts';
import type { Caller, Member } from './rpc.ts';
import { wantsName } from './session-names.ts';
import * as sessions from './sessions.ts';
import { CLOSE_TOO_MANY_FRAMES, MAX_SOCKETS, type Sockets } from './sockets.ts';
import type { AgentDb } from './storage.ts';
import { takeTurn } from './take-turn.ts';
import { checkTextLength } from './text-length.ts';
import type { TurnDriver } from './turn-driver.ts';
import { noteUsage } from './turn-usage.ts';
import { TurnWaiters } from './turn-waiters.ts';
import { getTurn, openTurns, queueTurn, turnView, type Turn } from './turns.ts';

export interface ConversationsDeps {
  db: AgentDb;
  door: Door;
  sockets: Sockets;
  turns: Pick<TurnDriver, 'stop'>;
  status(): AgentStatus;
  budget(): BudgetView;
  now(): number;
  /** Asks for a session's title; answers the session when it has one now. */
  nameSession(sessionId: string): Promise<SessionView | null>;
  log(entry: LogEntry): void;
  /** There is something to do for the sandbox. */
  pump(): void;
}

/** What members say to each other and to the agent: sessions, their turns, and who follows them. */
export class Conversations {
  readonly #deps: ConversationsDeps;
  readonly #waiters = new TurnWaiters();
  readonly #frames = new FrameRate();
  readonly #memberTurns = new MemberTurns();

  constructor(deps: ConversationsDeps) {
    this.#deps = deps;
  }

  /** Takes a member's socket and greets it. AppError limit_reached when too many are open. */
  connect(caller: Caller): WebSocket {
    const { db, door, sockets, now } = this.#deps;
    const member = door.identify(caller);
    if (sockets.count >= MAX_SOCKETS) {
      throw new AppError('limit_reached', 'This agent has too many open connections.');
    }
    const expiresAt = credentialEnd(db, caller, now());
    const { client, server } = sockets.accept(caller, expiresAt);
    if (expiresAt !== null) setDueBy(db, 'expire', '', expiresAt);
    greet(this.#chat(), server, member);
    return client;
  }

  /** One frame of a client; one that sends too many is closed. */
  async receive(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#frames.take(socket, this.#deps.now())) return receive(this.#chat(), socket, data);
    socket.close(CLOSE_TOO_MANY_FRAMES, 'too many frames');
  }

  createSession(title: string | undefined): SessionView {
    const { db, door, sockets, now } = this.#deps;
    const { maxSessions } = limitsOf(door.record());
    const session = sessions.createSession(db, { title, maxSessions, now: now() });
    sockets.broadcast({ type: 'session', session });
    return session;
  }

  renameSession(id: string, title: string): SessionView {
    const session = sessions.renameSession(this.#deps.db, id, title);
    this.#deps.sockets.broadcast({ type: 'session', session });
    return session;
  }

  async deleteSession(id: string, by: string): Promise<void> {
    const { db, sockets, now, pump } = this.#deps;
    await this.stop(id, by);
    sessions.deleteSession(db, id, now());
    pump();
    sockets.broadcast({ type: 'session.deleted', sessionId: id });
  }

  /** Stores a message and queues its turn, in one commit; the same id again changes nothing. */
  send(member: Member, message: { id: string; sessionId: string; text: string }): Turn {
    const { db, door, now } = this.#deps;
    const limits = limitsOf(door.active());
    const { maxMessageChars: maxChars, maxQueuedTurns } = limits;
    const { id: clientId, sessionId, text } = message;
    checkTextLength(text, { kind: 'message', maxChars });
    sessions.getSession(db, sessionId);
    const queued = queueTurn(db, {
      sessionId,
      clientId,
      text,
      by: member.name,
      workload: 'chat',
      maxQueued: maxQueuedTurns,
      admit: () => this.#admit(member, limits),
      now: now(),
    });
    this.queued(queued);
    return queued.turn;
  }

  /** Counts a message that is new, of its member and of the tenant. AppError rate_limited. */
  #admit({ id, role }: Member, limits: Limits): void {
    const { db, now } = this.#deps;
    // Operators are nobody's neighbour here: the tenant's own limit is theirs too.
    if (role !== 'operator') this.#memberTurns.check(id, { limits, now: now() });
    takeTurn(db, limits, now());
    this.#memberTurns.count(id, now());
  }

  /** A turn was queued in this commit; one that had been before has added nothing. */
  queued({ turn, added }: { turn: Turn; added: SessionEvent[] }): void {
    const { db, now, pump } = this.#deps;
    if (added.length === 0) return;
    setDue(db, 'turn', turn.id, now() + WATCHDOG_MS);
    this.emit(turn.sessionId, added);
    pump();
  }

  /** A turn as it stands once it has ended, or after `waitMs`. */
  async view(turn: Turn, waitMs: number): Promise<TurnView> {
    const { db } = this.#deps;
    if (waitMs > 0 && turn.endedAt === null) await this.#waiters.wait(turn.id, waitMs);
    return turnView(db, getTurn(db, turn.id) ?? turn);
  }

  /** Stops a session's open turns; answers how many there were. */
  async stop(sessionId: string, by: string): Promise<number> {
    const { db, turns } = this.#deps;
    sessions.getSession(db, sessionId);
    const open = openTurns(db).filter((turn) => turn.sessionId === sessionId);
    // Queued ones first, or the end of the running one would start the next.
    for (const turn of open.toReversed()) await turns.stop(turn, by);
    return open.length;
  }

  /** Tells a session's followers what was added to its log. */
  emit(sessionId: string, events: SessionEvent[]): void {
    this.#deps.sockets.broadcast({ type: 'events', sessionId, events }, sessionId);
    if (events.some((event) => event.data.type === 'user')) this.#tell(sessionId);
  }

  /** Tells everybody, and those who wait, that a turn has ended, in the commit that ends it. */
  ended(turn: Turn): void {
    const { db, now } = this.#deps;
    if (wantsName(db, turn)) setDue(db, 'name', turn.sessionId, now());
    this.#tell(turn.sessionId);
    this.#waiters.ended(turn.id);
  }

  /** The due step `name`. One that fails is no loss: the session keeps the first words as its title. */
  async name(sessionId: string): Promise<void> {
    const { sockets, nameSession, log } = this.#deps;
    try {
      const session = await nameSession(sessionId);
      if (session) sockets.broadcast({ type: 'session', session });
    } catch (error) {
      log({ level: 'info', msg: 'session not named', sessionId, error: reasonOf(error) });
    }
  }

  /** A call of a turn is settled; those who follow its session are told once all are. */
  turnUsed(turnId: string): void {
    const told = noteUsage(this.#deps.db, turnId);
    if (told) this.#deps.sockets.broadcast({ type: 'usage', ...told }, told.sessionId);
  }

  #tell(sessionId: string): void {
    const session = sessions.getSession(this.#deps.db, sessionId);
    this.#deps.sockets.broadcast({ type: 'session', session });
  }

  #chat(): ChatDeps {
    const { db, door, sockets, status, budget } = this.#deps;
    return {
      db,
      sockets,
      record: () => door.record(),
      status,
      budget,
      identify: (caller) => door.identify(caller),
      send: (member, message) => {
        const turn = this.send(member, message);
        return { turnId: turn.id, seq: turn.userSeq };
      },
      stop: (member, sessionId) => this.stop(sessionId, member.name),
    };
  }
}
