import { error } from '@sveltejs/kit';
import { ApiError } from '../api/http.ts';
import { failureWords } from '../ui/attempt.svelte.ts';

/** A tenant that is suspended is 403 too, and is another matter. */
const NOT_FOR_THEM: ReadonlySet<string> = new Set(['forbidden', 'unauthenticated']);

/**
 * What a page loads, or null where its reader may not see it or is signed out, which the page says
 * then. All else becomes the error page, with the answer's own words.
 */
export async function readAnswer<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    if (NOT_FOR_THEM.has(failure.code)) return null;
    return error(failure.status === 0 ? 503 : failure.status, failureWords(failure));
  }
}
