import type { StatusView } from '../contract/status.ts';

/** How long an answer counts, ms: however many ask, an isolate tries its services twice a minute. */
export const STATUS_MS = 30_000;

/** How the system was found last, in this isolate. */
export class RecentStatus {
  #last: StatusView | null = null;

  /** What was found not long ago; null when it has to be found out. */
  get(now: number): StatusView | null {
    return this.#last !== null && now - this.#last.checkedAt < STATUS_MS ? this.#last : null;
  }

  put(found: StatusView): void {
    this.#last = found;
  }
}
