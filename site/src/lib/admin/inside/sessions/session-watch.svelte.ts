import type { z } from 'zod';
import type { sessionHistory } from '../../../../../../contract/api.ts';
import type { SessionView } from '../../../../../../contract/frames.ts';
import { ApiError } from '../../../api/http.ts';
import { EMPTY_LOG, extendLog, openTurn, type SessionLog } from '../../../chat/session-log.ts';
import { failureWords } from '../../../ui/attempt.svelte.ts';

/** Events of one answer, the most that there are in one. */
const PAGE = 1_000;
/** Newest events that a long session begins with: some hundred turns. */
export const NEWEST_EVENTS = 400;
/** Answers read in a row: the longest session that is shown whole. */
const MAX_PAGES = 50;
/** While a turn runs it is asked for more this often at most, ms. */
export const MIN_PAUSE_MS = 1_000;
/** And this often at least: a turn that thinks says nothing for long, ms. */
const MAX_PAUSE_MS = 8_000;

type History = z.infer<typeof sessionHistory>;

export interface WatchDeps {
  read(query: { after: number; limit: number }): Promise<History>;
  /** Does something later; what it answers calls that off. */
  later(task: () => void, ms: number): () => void;
  /** Whether anybody can see it. */
  isVisible(): boolean;
}

/**
 * One session's conversation as an operator reads it, and follows it while a turn runs. Nothing is asked
 * before `open`.
 */
export class SessionWatch {
  readonly #deps: WatchDeps;
  #session = $state.raw<SessionView>({} as SessionView);
  #log = $state.raw<SessionLog>(EMPTY_LOG);
  #isOpen = $state(false);
  #isReading = $state(false);
  #failure = $state<string | null>(null);
  #pauseMs = MIN_PAUSE_MS;
  #cancel: (() => void) | null = null;
  #isClosed = false;
  /** Something happened while it was read: it is read once more. */
  #isStale = false;

  constructor(deps: WatchDeps, session: SessionView) {
    this.#deps = deps;
    this.#session = session;
  }

  get session(): SessionView {
    return this.#session;
  }
  get log(): SessionLog {
    return this.#log;
  }
  /** Whether its reader wanted to read it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }
  get isReading(): boolean {
    return this.#isReading;
  }
  get failure(): string | null {
    return this.#failure;
  }

  /** Reads the newest part of it, and goes on while a turn runs. */
  async open(): Promise<void> {
    this.#isOpen = true;
    const after = Math.max(0, this.#session.lastSeq - NEWEST_EVENTS);
    await this.#begin(after);
    // The newest events may all be of one long answer, and its question before them.
    const isHeadless = this.#log.cut !== null && this.#session.working && !openTurn(this.#log);
    if (isHeadless || (this.#log.cut !== null && this.#log.turns.length === 0))
      await this.#begin(0);
  }

  /** Reads it from its first word. */
  fromStart(): Promise<void> {
    return this.#begin(0);
  }

  /** Something happened in it, or it is looked at again. */
  news(): void {
    if (!this.#isOpen || this.#isClosed) return;
    this.#pauseMs = MIN_PAUSE_MS;
    if (this.#isReading) this.#isStale = true;
    else void this.#goOn();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #begin(after: number): Promise<void> {
    this.#cancel?.();
    this.#log = after === 0 ? EMPTY_LOG : { ...EMPTY_LOG, lastSeq: after, cut: after + 1 };
    await this.#goOn();
  }

  /** Reads what is new, and plans the next look. */
  async #goOn(): Promise<void> {
    this.#cancel?.();
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      const before = this.#log.lastSeq;
      await this.#readOn();
      this.#failure = null;
      this.#pauseMs = this.#log.lastSeq > before ? MIN_PAUSE_MS : this.#slower();
    } catch (error) {
      this.#failure = failureWords(error);
      this.#pauseMs = this.#slower();
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) this.close();
    } finally {
      this.#isReading = false;
    }
    const isStale = this.#isStale;
    this.#isStale = false;
    if (isStale || this.#session.working || this.#failure !== null) this.#plan();
  }

  async #readOn(): Promise<void> {
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const answer = await this.#deps.read({ after: this.#log.lastSeq, limit: PAGE });
      if (this.#isClosed) return;
      this.#session = answer.session;
      this.#log = extendLog(this.#log, { events: answer.events, caughtUp: !answer.more });
      if (!answer.more) return;
    }
  }

  #slower(): number {
    return Math.min(MAX_PAUSE_MS, this.#pauseMs * 1.5);
  }

  #plan(): void {
    // Out of sight nobody waits for it; being seen again is news.
    if (this.#isClosed || !this.#deps.isVisible()) return;
    this.#cancel = this.#deps.later(() => void this.#goOn(), this.#pauseMs);
  }
}
