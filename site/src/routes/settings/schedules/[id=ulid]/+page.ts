import type { LoadEvent } from '@sveltejs/kit';
import { settingsApi } from '../../../../lib/api/settings-api.ts';
import { readAnswer } from '../../../../lib/settings/read-answer.ts';

export async function load({ fetch, params }: LoadEvent<{ id: string }>) {
  const api = settingsApi(fetch);
  const [schedule, runs, allowance] = await Promise.all([
    readAnswer(api.schedule(params.id)),
    readAnswer(api.runs(params.id)),
    readAnswer(api.allowance()),
  ]);
  return { schedule, runs, allowance };
}
