import type { LoadEvent } from '@sveltejs/kit';
import { ApiError } from '../../../lib/api/http.ts';
import { readMe } from '../../../lib/api/member-api.ts';

export async function load({ fetch, params }: LoadEvent<{ token: string }>) {
  try {
    return { token: params.token, me: await readMe(fetch) };
  } catch (error) {
    // The button tells what is wrong, if it still is.
    if (error instanceof ApiError) return { token: params.token, me: null };
    throw error;
  }
}
