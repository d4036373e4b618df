import { ApiError } from '../../../lib/api/http.ts';
import { readMe } from '../../../lib/api/member-api.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params }) => {
  try {
    return { token: params.token, me: await readMe(fetch) };
  } catch (error) {
    // The button tells what is wrong, if it still is.
    if (error instanceof ApiError) return { token: params.token, me: null };
    throw error;
  }
};
