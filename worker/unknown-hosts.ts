/** How long a host stays unknown, ms: a tenant made meanwhile is reached this much later. */
export const UNKNOWN_HOST_MS = 10_000;
/** Hosts remembered at a time, so that made-up names cannot fill the isolate's memory. */
export const MAX_UNKNOWN_HOSTS = 1_000;

/** Hosts that belong to nobody, remembered for a moment in this isolate only and never in KV. */
export class UnknownHosts {
  readonly #until = new Map<string, number>();

  /** Whether the host was unknown less than UNKNOWN_HOST_MS before `now`. */
  has(hostname: string, now: number): boolean {
    const until = this.#until.get(hostname);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(hostname);
    return false;
  }

  /** Remembers a host, forgetting the one remembered longest when there are too many. */
  add(hostname: string, now: number): void {
    this.#until.delete(hostname);
    this.#until.set(hostname, now + UNKNOWN_HOST_MS);
    if (this.#until.size <= MAX_UNKNOWN_HOSTS) return;
    const [oldest] = this.#until.keys();
    if (oldest !== undefined) this.#until.delete(oldest);
  }

  /** Forgets a host that has just been given to a tenant. */
  delete(hostname: string): void {
    this.#until.delete(hostname);
  }
}
