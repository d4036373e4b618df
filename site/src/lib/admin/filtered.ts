import { ApiError } from '../api/http.ts';
import { failureWords } from '../ui/attempt.svelte.ts';
import { adminAnswer } from './admin-answer.ts';

/** Refusals of what an address asks for: who reads the page can change it there. */
const OF_THE_ADDRESS: ReadonlySet<number> = new Set([400, 404, 409]);

/** What the page of a list shows: the list, or why its filters are refused, in words. */
export type Filtered<T> = { found: T; refusal: null } | { found: null; refusal: string };

/** Waits for a list whose filters come from the address. All other refusals become the error page. */
export async function filtered<T>(answer: Promise<T>): Promise<Filtered<T>> {
  try {
    return { found: await answer, refusal: null };
  } catch (failure) {
    if (failure instanceof ApiError && OF_THE_ADDRESS.has(failure.status)) {
      return { found: null, refusal: failureWords(failure) };
    }
    return adminAnswer(Promise.reject(failure));
  }
}
