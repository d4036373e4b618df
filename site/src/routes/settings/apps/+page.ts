import type { LoadEvent } from '@sveltejs/kit';
import { ApiError } from '../../../lib/api/http.ts';
import { settingsApi } from '../../../lib/api/settings-api.ts';
import { readAnswer } from '../../../lib/settings/read-answer.ts';

/** Only the agent knows its devices: one that is asleep cannot say. */
export async function load({ fetch }: LoadEvent) {
  const devices = settingsApi(fetch)
    .devices()
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 409) return 'asleep' as const;
      throw error;
    });
  return { devices: await readAnswer(devices) };
}
