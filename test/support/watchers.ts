/** Those who wait for the next change of something, whatever it is. */
export class Watchers {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next change, or after `ms` without one. */
  next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  /** Something has changed. */
  notify(): void {
    for (const done of this.#waiting) done();
  }
}
