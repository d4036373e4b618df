import { z } from 'zod';
import type { EventData, SessionEvent } from '../contract/frames.ts';
import { addressOf, readGatewayEvent } from './openclaw-events.ts';
import { standingOf } from './openclaw-history.ts';
import { OpenClawError, OpenClawLink } from './openclaw-link.ts';
import { appendEvents, dropDeltas, streamedText } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { TurnStream } from './turn-stream.ts';
import {
  endedBadly,
  endTurn,
  getTurn,
  markRunning,
  noteOpenClawSession,
  requestStop,
  sessionKeyOf,
  type Turn,
} from './turns.ts';

/**
 * OpenClaw always takes up an interrupted run by itself, 20 s and more after its boot (its
 * docs/gateway/restart-recovery.md); a message sent before would be a second run. Then we send, ms.
 */
const RESUME_GRACE_MS = 60_000;
/** Pause between looks at an interrupted turn, ms. */
const RESUME_POLL_MS = 1_000;
/** How OpenClaw's run ids of notes begin (`chat.inject`). */
const NOTE_RUN = 'inject-';
/** Messages of the history that are read to find a turn again. */
const HISTORY_LIMIT = 200;

export interface TurnDriverDeps {
  db: AgentDb;
  now(): number;
  /** A socket to the OpenClaw gateway of the running generation, and what opens it. */
  openGateway(): Promise<{ socket: WebSocket; token: string; generation: number }>;
  /** Tells OpenClaw what it lost of a session with a sandbox that was not saved. */
  recall(sessionId: string): Promise<void>;
  /** New events of a session, stored already. */
  emit(sessionId: string, events: SessionEvent[]): void;
  /** A turn has ended, and the next of its session may start. */
  ended(turn: Turn): void;
  /** The link to OpenClaw broke while turns were open. */
  lost(reason: string): void;
}

interface Run {
  turn: Turn;
  /**
   * OpenClaw's run that answers the turn: the turn's own id, another after a restart of OpenClaw, or
   * null while any run of the session may turn out to be it.
   */
  runId: string | null;
  stream: TurnStream;
  finish(): void;
  finished: Promise<void>;
}

type TurnEnd = EventData & { type: 'final' | 'aborted' | 'error' };

const patched = z.looseObject({ entry: z.looseObject({ sessionId: z.string() }) });
const sent = z.looseObject({ runId: z.string(), status: z.string() });

/**
 * Carries open turns to OpenClaw and its events back, over one link that is held only while a turn
 * is open. What must survive is in storage: after any interruption a turn is attached again, and
 * OpenClaw's own history tells how it stands.
 */
export class TurnDriver {
  readonly #deps: TurnDriverDeps;
  readonly #runs = new Map<string, Run>();
  #opening: Promise<{ link: OpenClawLink; generation: number }> | null = null;

  constructor(deps: TurnDriverDeps) {
    this.#deps = deps;
  }

  isAttached(turnId: string): boolean {
    return [...this.#runs.values()].some((run) => run.turn.id === turnId);
  }

  /** Whether a link to OpenClaw is open, or being opened. */
  get isLinked(): boolean {
    return this.#opening !== null;
  }

  /** Carries one turn to its end. Resolves then, or when the link is lost; never rejects. */
  async attach(turn: Turn): Promise<void> {
    const key = sessionKeyOf(turn.sessionId);
    if (this.#runs.has(key)) return;
    const run = this.#newRun(turn);
    this.#runs.set(key, run);
    try {
      const { link, generation } = await this.#link();
      await this.#carry(run, link, generation);
      await Promise.race([run.finished, link.closed]);
    } catch (error) {
      if (!(error instanceof OpenClawError)) this.#deps.lost(String(error));
      else if (error.code !== 'link_closed') this.#fail(run, error);
    } finally {
      run.stream.flush();
      if (this.#runs.get(key) === run) this.#runs.delete(key);
      if (this.#runs.size === 0) await this.#close();
    }
  }

  /** Stops a running turn; what it has said stays. */
  async stop(turn: Turn, by: string): Promise<void> {
    requestStop(this.#deps.db, turn.id, by);
    const run = this.#runs.get(sessionKeyOf(turn.sessionId));
    // One that waits behind the session's running turn has no run of its own to abort.
    if (run?.turn.id !== turn.id || !this.#opening) {
      this.end(turn, { type: 'aborted', text: streamedText(this.#deps.db, turn.id), by });
      return;
    }
    await this.#abort(turn);
  }

  /** Ends a turn that must not go on, in OpenClaw too. */
  async giveUp(turn: Turn, message: string): Promise<void> {
    // First there: a message sent while a run is on would be steered into it.
    await this.#abort(turn);
    const text = streamedText(this.#deps.db, turn.id);
    this.end(turn, { type: 'error', code: 'turn_failed', message, retryable: true, text });
  }

  /** Aborts the run of a session. A link that fails is no harm: whoever attaches next sees the wish. */
  async #abort(turn: Turn): Promise<void> {
    const sessionKey = sessionKeyOf(turn.sessionId);
    try {
      await (await this.#opening)?.link.request('chat.abort', { sessionKey });
    } catch (error) {
      this.#deps.lost(`abort: ${String(error)}`);
    }
  }

  /** Ends a turn in storage, tells its followers, and lets the next one start. */
  end(turn: Turn, end: TurnEnd): void {
    const { db, now } = this.#deps;
    const run = this.#runs.get(sessionKeyOf(turn.sessionId));
    const own = run?.turn.id === turn.id ? run : undefined;
    own?.stream.drop();
    const added = endTurn(db, turn, end, now());
    if (added.length > 0) {
      this.#deps.emit(turn.sessionId, added);
      this.#deps.ended(turn);
    }
    own?.finish();
  }

  #newRun(turn: Turn): Run {
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
    const stream = new TurnStream((data) => this.#append(turn, data));
    return { turn, runId: turn.id, stream, finish, finished };
  }

  #append(turn: Turn, data: EventData[]): void {
    const { db, now, emit } = this.#deps;
    if (getTurn(db, turn.id)?.state !== 'running') return;
    const { sessionId, id: turnId } = turn;
    emit(sessionId, appendEvents(db, { sessionId, turnId, data, now: now() }));
  }

  #link(): Promise<{ link: OpenClawLink; generation: number }> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<{ link: OpenClawLink; generation: number }> {
    try {
      const { socket, token, generation } = await this.#deps.openGateway();
      const onEvent = (event: string, payload: unknown): void => this.#onEvent(event, payload);
      const link = await OpenClawLink.open(socket, { token, onEvent });
      const opening = this.#opening;
      void link.closed.then((reason) => {
        // A later link may be open by now.
        if (this.#opening === opening) this.#opening = null;
        if (this.#runs.size > 0) this.#deps.lost(reason.message);
      });
      return { link, generation };
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  /** Gives up the link to a sandbox that is gone or hangs; its turns are attached again. */
  async detach(): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    // A link that never opened has nothing to close, and its error was handled where it was awaited.
    const opened = await opening?.catch(() => null);
    opened?.link.close();
  }

  /** Brings OpenClaw and the turn together: a new one is sent, another is found again first. */
  async #carry(run: Run, link: OpenClawLink, generation: number): Promise<void> {
    const { db, now } = this.#deps;
    const { turn } = run;
    const key = sessionKeyOf(turn.sessionId);
    const isNew = turn.startedAt === null;
    // It may have been stopped, or its session deleted, while the link was opened.
    if (!markRunning(db, turn, generation, now())) return run.finish();
    const model = `platform/${turn.workload}`;
    const { entry } = patched.parse(await link.request('sessions.patch', { key, model }));
    noteOpenClawSession(db, turn.id, entry.sessionId);
    await link.request('sessions.messages.subscribe', { key });
    const by = getTurn(db, turn.id)?.stopRequested;
    if (by) {
      await link.request('chat.abort', { sessionKey: key });
      this.end(turn, { type: 'aborted', text: streamedText(db, turn.id), by });
      return;
    }
    if (!isNew) return this.#resume(run, link, key);
    // A run that went on after its turn was ended would take this message into itself.
    if (endedBadly(db, turn)) await link.request('chat.abort', { sessionKey: key });
    await this.#send(run, link, key);
  }

  async #send(run: Run, link: OpenClawLink, key: string): Promise<void> {
    const { id, text, sessionId } = run.turn;
    run.runId = id;
    await this.#deps.recall(sessionId);
    if (getTurn(this.#deps.db, id)?.state !== 'running') return;
    const message = { sessionKey: key, message: text, idempotencyKey: id };
    const answer = await link.request('chat.send', message);
    // Sent before: its events may be over already, but OpenClaw's history tells.
    if (sent.parse(answer).status !== 'started') await this.#resume(run, link, key, 'sent');
  }

  async #resume(run: Run, link: OpenClawLink, key: string, sentNow?: 'sent'): Promise<void> {
    const { now } = this.#deps;
    const until = now() + RESUME_GRACE_MS;
    run.runId = null;
    for (;;) {
      const history = await link.request('chat.history', { sessionKey: key, limit: HISTORY_LIMIT });
      const standing = standingOf(history, run.turn.id);
      if (getTurn(this.#deps.db, run.turn.id)?.state !== 'running') return;
      if (standing.kind === 'answered') return this.#finish(run.turn, standing.text);
      if (standing.kind === 'aborted') return this.#aborted(run.turn, standing.text);
      if (standing.kind === 'failed') {
        return this.#fail(run, new OpenClawError('turn_failed', standing.message));
      }
      if (standing.kind === 'running') {
        run.runId = standing.runId;
        return this.#startOver(run, 'reattached', standing.text);
      }
      if (sentNow && now() >= until) {
        // It was sent, OpenClaw knows its key, and nothing of it is found: sending again changes nothing.
        const message = 'The agent lost track of this message. Send it again.';
        return this.#fail(run, new OpenClawError('turn_failed', message));
      }
      if ((standing.kind === 'absent' && !sentNow) || now() >= until) {
        this.#startOver(run, standing.kind === 'absent' ? 'restored' : 'interrupted', '');
        return this.#send(run, link, key);
      }
      await new Promise((resolve) => setTimeout(resolve, RESUME_POLL_MS));
    }
  }

  /** Drops what was streamed, and begins again with what the run has said so far. */
  #startOver(run: Run, reason: string, text: string): void {
    run.stream.drop();
    dropDeltas(this.#deps.db, run.turn.id);
    this.#append(run.turn, [{ type: 'turn.reset', reason }]);
    if (text !== '') run.stream.text(text);
  }

  #onEvent(event: string, payload: unknown): void {
    const { sessionKey, runId } = addressOf(payload);
    const run = sessionKey === null ? undefined : this.#runs.get(sessionKey);
    // An end may arrive twice, and late words too, when the session's next turn is already on.
    if (!run || (runId !== null && !this.#belongs(run, runId))) return;
    const news = readGatewayEvent(event, payload);
    if (!news) return;
    if (news.kind === 'text') run.stream.text(news.text);
    else if (news.kind === 'restated') this.#startOver(run, 'restated', news.text);
    else if (news.kind === 'event') run.stream.event(news.data);
    else this.#finishFrom(run, news);
  }

  /** A run is the turn's own, or one that OpenClaw made for it after a restart. */
  #belongs({ turn, runId: expected }: Run, runId: string): boolean {
    if (runId === turn.id || runId === expected) return true;
    // A note that is put into the transcript comes as a run of its own, and ends at once.
    if (expected !== null || runId.startsWith(NOTE_RUN)) return false;
    return getTurn(this.#deps.db, runId) === null;
  }

  #finishFrom(run: Run, news: { end: string; text: string; message: string }): void {
    const { db } = this.#deps;
    const { turn } = run;
    run.stream.flush();
    const text = news.text === '' ? streamedText(db, turn.id) : news.text;
    if (news.end === 'final') this.#finish(turn, text);
    else if (news.end === 'aborted') this.#aborted(turn, text);
    else this.#fail(run, new OpenClawError('turn_failed', news.message), text);
  }

  #finish(turn: Turn, text: string): void {
    const ms = this.#deps.now() - turn.createdAt;
    this.end(turn, { type: 'final', text, ms });
  }

  #aborted(turn: Turn, text: string): void {
    const by = getTurn(this.#deps.db, turn.id)?.stopRequested ?? 'the agent';
    this.end(turn, { type: 'aborted', text, by });
  }

  #fail(run: Run, error: OpenClawError, text = streamedText(this.#deps.db, run.turn.id)): void {
    const { message } = error;
    this.end(run.turn, { type: 'error', code: 'turn_failed', message, retryable: true, text });
  }
}
