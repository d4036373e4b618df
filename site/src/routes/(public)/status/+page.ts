import type { LoadEvent } from '@sveltejs/kit';
import { statusView } from '../../../../../contract/status.ts';
import { ApiError, askFor } from '../../../lib/api/http.ts';

/** How the system is; null when it could not be asked, which says something too. */
export async function load({ fetch }: LoadEvent) {
  try {
    return { status: await askFor(fetch, statusView, '/status.json') };
  } catch (error) {
    if (error instanceof ApiError) return { status: null };
    throw error;
  }
}
