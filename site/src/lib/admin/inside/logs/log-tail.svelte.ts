import type {
  AgentLogLine,
  AgentLogs,
  AgentLogsQuery,
} from '../../../../../../contract/agent-logs.ts';
import { ApiError } from '../../../api/http.ts';
import { failureWords } from '../../../ui/attempt.svelte.ts';

/** Lines that are kept in the page, the newest: each has 4,000 characters at most. */
export const MAX_LINES = 2_000;
/** A log that is followed is asked for more this often, ms. */
export const POLL_MS = 2_000;
/** Lines asked for at once, the most that an answer has. */
export const LINES_PER_ASK = 200;
/** Answers taken in a row before the page is drawn: more than a log writes in a while. */
const MAX_ASKS = 10;

/** What of a log is shown. */
export type LogFilter = Pick<AgentLogsQuery, 'level' | 'q'>;

export interface TailDeps {
  ask(query: Partial<AgentLogsQuery>): Promise<AgentLogs>;
  /** Does something later; what it answers calls that off. */
  later(task: () => void, ms: number): () => void;
  isVisible(): boolean;
}

/** The newest lines of both, in their order, and no more than are kept. */
export function appendLines(
  known: readonly AgentLogLine[],
  more: readonly AgentLogLine[],
): readonly AgentLogLine[] {
  return more.length === 0 ? known : [...known, ...more].slice(-MAX_LINES);
}

/**
 * The end of an agent's log, by a filter, which grows while it is followed. A sandbox that does not run
 * writes nothing: its last lines are not asked for again before there is news of it.
 */
export class LogTail {
  readonly #deps: TailDeps;
  readonly #filter: LogFilter;
  #lines = $state.raw<readonly AgentLogLine[]>([]);
  /** What came while it was paused. */
  #held = $state.raw<readonly AgentLogLine[]>([]);
  #head = $state.raw<Pick<AgentLogs, 'state' | 'running' | 'generation'>>(
    {} as Pick<AgentLogs, 'state' | 'running' | 'generation'>,
  );
  #next: number;
  #isPaused = $state(false);
  #failure = $state<string | null>(null);
  #cancel: (() => void) | null = null;
  #isAsking = false;
  #isClosed = false;

  constructor(deps: TailDeps, filter: LogFilter, first: AgentLogs) {
    this.#deps = deps;
    this.#filter = filter;
    this.#head = first;
    this.#lines = first.lines;
    this.#next = first.next;
  }

  get lines(): readonly AgentLogLine[] {
    return this.#lines;
  }
  /** Whether they are a running sandbox's; else they are the last that were kept. */
  get running(): boolean {
    return this.#head.running;
  }
  get generation(): number {
    return this.#head.generation;
  }
  get isPaused(): boolean {
    return this.#isPaused;
  }
  /** Lines that came while it was paused, at most as many as are kept. */
  get newCount(): number {
    return this.#held.length;
  }
  get failure(): string | null {
    return this.#failure;
  }

  /** Follows it; what it answers ends that. */
  start(): () => void {
    this.#plan();
    return () => {
      this.#isClosed = true;
      this.#cancel?.();
    };
  }

  /** Keeps what is shown as it is; what comes meanwhile is counted. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#lines = appendLines(this.#lines, this.#held);
    this.#held = [];
  }

  /** Another sandbox may run by now, or the page is looked at again. */
  news(): void {
    if (!this.#isClosed) void this.#ask();
  }

  #plan(): void {
    this.#cancel?.();
    // Out of sight nobody reads it; being seen again is news.
    if (this.#isClosed || !this.#head.running || !this.#deps.isVisible()) return;
    this.#cancel = this.#deps.later(() => void this.#ask(), POLL_MS);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      for (let asks = 0; asks < MAX_ASKS; asks += 1) {
        const { generation } = this.#head;
        const query = { ...this.#filter, after: this.#next, generation, limit: LINES_PER_ASK };
        const answer = await this.#deps.ask(query);
        if (this.#isClosed) return;
        this.#take(answer);
        if (!answer.more) break;
      }
      this.#failure = null;
    } catch (error) {
      this.#failure = failureWords(error);
      const isFinal = error instanceof ApiError && [401, 403, 404, 410].includes(error.status);
      if (isFinal) this.#isClosed = true;
    } finally {
      this.#isAsking = false;
    }
    this.#plan();
  }

  #take(answer: AgentLogs): void {
    this.#head = answer;
    this.#next = answer.next;
    if (this.#isPaused) this.#held = appendLines(this.#held, answer.lines);
    else this.#lines = appendLines(this.#lines, answer.lines);
  }
}
