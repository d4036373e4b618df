import type { RefusalCount } from '../db/queries/refusals.ts';

const HOUR_MS = 3_600_000;
/** An isolate writes no more often, ms: a flood of refusals is no flood of writes. */
export const FLUSH_EVERY_MS = 10_000;
/** Counts held at a time: more than there are routes and statuses, so that this bounds mistakes. */
export const MAX_COUNTS = 500;

/**
 * How often this isolate has refused requests, by UTC hour, route and status, until D1 has it: never by
 * address, path or anything else that clients choose. What an isolate held when it went is not counted
 * (at most what it refused since it last wrote), nor is what was written when D1 failed: the numbers
 * are from below.
 */
export class RefusalCounts {
  readonly #counts = new Map<string, RefusalCount>();
  #flushedAt = 0;

  note(refused: { route: string; status: number }, now: number): void {
    const { route, status } = refused;
    const hour = now - (now % HOUR_MS);
    const key = `${hour} ${status} ${route}`;
    const counted = this.#counts.get(key);
    if (counted) counted.count += 1;
    else if (this.#counts.size < MAX_COUNTS)
      this.#counts.set(key, { hour, route, status, count: 1 });
  }

  /** Whether there is something to write, and the last time is long enough ago. */
  isDue(now: number): boolean {
    return this.#counts.size > 0 && now - this.#flushedAt >= FLUSH_EVERY_MS;
  }

  /** Hands over what is held, which is held no longer. */
  take(now: number): RefusalCount[] {
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    this.#flushedAt = now;
    return counts;
  }
}
