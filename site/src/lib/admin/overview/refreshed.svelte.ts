/** Something dated that is read again and again while the page is seen. */
export class Refreshed<T extends { at: number }> {
  readonly #read: () => Promise<T>;
  readonly #loaded: () => T;
  #again: T | null = $state.raw(null);
  /** Whether the last try to read it failed: what is shown is from before. */
  isStale = $state(false);

  /** `loaded` is what the page came with; what is newer is shown. */
  constructor(loaded: () => T, read: () => Promise<T>) {
    this.#loaded = loaded;
    this.#read = read;
  }

  readonly latest: T = $derived.by(() => {
    const loaded = this.#loaded();
    return this.#again !== null && this.#again.at > loaded.at ? this.#again : loaded;
  });

  async refresh(): Promise<void> {
    try {
      this.#again = await this.#read();
      this.isStale = false;
    } catch {
      this.isStale = true;
    }
  }

  /** Reads every `everyMs`, and at once when the page is seen again after as long. Answers what ends it. */
  watch(everyMs: number): () => void {
    const look = (): void => {
      if (document.visibilityState === 'visible') void this.refresh();
    };
    const seen = (): void => {
      if (Date.now() - this.latest.at >= everyMs) look();
    };
    const timer = setInterval(look, everyMs);
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }
}
