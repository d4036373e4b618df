/** Where this generation stands, as the agent and people read it. */
export type Stage = 'restoring' | 'booting' | 'ready' | 'stopping' | 'stopped' | 'failed';

/** Why a stage is what it is; `code` is stable, `message` is for people. */
export interface Reason {
  code: string;
  message: string;
}

/** How long each part of a boot took, in milliseconds; `readyMs` counts from the start. */
export interface Timings {
  restoreMs?: number;
  configMs?: number;
  bootMs?: number;
  readyMs?: number;
}

/** How OpenClaw's process last ended. */
export interface LastExit {
  code: number | null;
  signal: string | null;
  at: number;
}

/** The part of a status that changes only through `StatusBoard.set`. */
export interface Status {
  protocol: 1;
  generation: number;
  rev: number;
  stage: Stage;
  reason: Reason | null;
  startedAt: number;
  timings: Timings;
  openclaw: {
    version: string;
    pid: number | null;
    restarts: number;
    lastExit: LastExit | null;
  };
  restored: { id: string; sha256: string } | null;
}

/** Holds the status and wakes those who wait for the next one. */
export class StatusBoard {
  #status: Status;
  #waiters = new Set<() => void>();

  constructor(first: Omit<Status, 'protocol' | 'rev'>) {
    this.#status = { protocol: 1, rev: 1, ...first };
  }

  get current(): Status {
    return this.#status;
  }

  /** Replaces the given parts, counts the revision up and wakes every waiter. */
  set(change: Partial<Omit<Status, 'protocol' | 'rev' | 'generation'>>): void {
    this.#status = { ...this.#status, ...change, rev: this.#status.rev + 1 };
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  /**
   * Resolves at once when the revision is not `since`, else at the next change, after `timeoutMs`,
   * or when `signal` aborts, whichever is first.
   */
  async changedSince(since: number | null, options: WaitOptions): Promise<void> {
    if (since !== this.#status.rev || options.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        options.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, options.timeoutMs);
      this.#waiters.add(done);
      options.signal.addEventListener('abort', done);
    });
  }
}

interface WaitOptions {
  timeoutMs: number;
  signal: AbortSignal;
}
