import { ShortMemory } from './short-memory.ts';

/** A credential that an agent refused stays wrong: keys and sign-ins never come back to life. */
const REMEMBERED_MS = 60_000;
/** Refused credentials, and addresses without credit, remembered at a time. */
const MAX_REMEMBERED = 5_000;

/**
 * What was refused lately, in this isolate. Requests that are allowed leave nothing here and are not
 * counted anywhere: while nobody is refused, asking costs the look at an empty map.
 */
export class RecentRefusals {
  readonly #credentials = new ShortMemory<true>(MAX_REMEMBERED);
  readonly #addresses = new ShortMemory<true>(MAX_REMEMBERED);

  get isEmpty(): boolean {
    return this.#credentials.isEmpty && this.#addresses.isEmpty;
  }

  knows(credential: string, now: number): boolean {
    return this.#credentials.get(credential, now) !== undefined;
  }

  remember(credential: string, now: number): void {
    this.#credentials.put(credential, { value: true, until: now + REMEMBERED_MS });
  }

  /** Until when an address may show no credentials, UTC ms; null when it may. */
  shutUntil(address: string, now: number): number | null {
    return this.#addresses.get(address, now)?.until ?? null;
  }

  shut(address: string, until: number): void {
    this.#addresses.put(address, { value: true, until });
  }
}
