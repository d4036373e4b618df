import type { LoadEvent } from '@sveltejs/kit';
import { settingsApi } from '../../../lib/api/settings-api.ts';
import { readAnswer } from '../../../lib/settings/read-answer.ts';

export async function load({ fetch }: LoadEvent) {
  return { schedules: await readAnswer(settingsApi(fetch).schedules()) };
}
