import type { LoadEvent } from '@sveltejs/kit';
import { ApiError } from '../../lib/api/http.ts';
import { readMe } from '../../lib/api/member-api.ts';

/** Who is signed in: null for nobody, undefined where the page cannot tell and the socket will. */
export async function load({ fetch }: LoadEvent) {
  try {
    return { me: await readMe(fetch) };
  } catch (error) {
    if (error instanceof ApiError) return { me: undefined };
    throw error;
  }
}
