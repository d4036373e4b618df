import { ApiError } from '../api/http.ts';

/** Something that a person asked for and that may fail: one at a time, and what went wrong in words. */
export class Attempt {
  isBusy = $state(false);
  failure: string | null = $state(null);

  /** Runs it; true when it went well. A second one while the first is under way does nothing. */
  async run(task: () => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.failure = null;
    try {
      await task();
      return true;
    } catch (error) {
      this.failure = failureWords(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}

/** What went wrong and what to do, for the person who asked. */
export function failureWords(error: unknown): string {
  if (!(error instanceof ApiError))
    return 'Something went wrong here. Reload the page and try again.';
  return error.hint === null ? error.message : `${error.message} ${error.hint}`;
}
