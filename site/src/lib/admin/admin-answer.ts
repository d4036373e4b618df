import { error } from '@sveltejs/kit';
import { ApiError } from '../api/http.ts';
import { failureWords } from '../ui/attempt.svelte.ts';

/** What a page loads; all that is refused becomes the error page, with the answer's own words. */
export async function adminAnswer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    return error(failure.status === 0 ? 503 : failure.status, failureWords(failure));
  }
}
