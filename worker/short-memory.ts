/**
 * What is remembered for a moment in this isolate only. Bounded, so that made-up names cannot fill the
 * isolate's memory: beyond `maxEntries` the one remembered longest is forgotten.
 */
export class ShortMemory<T> {
  readonly #entries = new Map<string, { value: T; until: number }>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Whether nothing is remembered: what makes asking cost nothing. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** What is remembered under a key and until when, UTC ms; undefined for nothing. */
  get(key: string, now: number): { value: T; until: number } | undefined {
    const known = this.#entries.get(key);
    if (!known || known.until > now) return known;
    this.#entries.delete(key);
    return undefined;
  }

  put(key: string, entry: { value: T; until: number }): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#maxEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
