/** Requests that wait for a turn at once. */
const MAX_WAITERS = 200;

/** Programs that wait for the end of a turn within their request. Memory only: it is a courtesy. */
export class TurnWaiters {
  readonly #waiting = new Map<string, Set<() => void>>();
  #count = 0;

  /** Resolves when the turn has ended, or after `ms`. */
  async wait(turnId: string, ms: number): Promise<void> {
    if (this.#count >= MAX_WAITERS) return;
    this.#count += 1;
    const set = this.#waiting.get(turnId) ?? new Set();
    this.#waiting.set(turnId, set);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    set.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#count -= 1;
    set.delete(resolve);
    if (set.size === 0) this.#waiting.delete(turnId);
  }

  ended(turnId: string): void {
    for (const resolve of this.#waiting.get(turnId) ?? []) resolve();
  }
}
