import type { LoadEvent } from '@sveltejs/kit';
import { settingsApi } from '../../../lib/api/settings-api.ts';
import { readAnswer } from '../../../lib/settings/read-answer.ts';
import { daysOf, rangeNamed } from '../../../lib/settings/usage/usage-range.ts';

export async function load({ fetch, url }: LoadEvent) {
  const api = settingsApi(fetch);
  const range = rangeNamed(url.searchParams.get('range'));
  const days = daysOf(range, Date.now());
  const [allowance, byDay, byModel, byWorkload] = await Promise.all([
    readAnswer(api.allowance()),
    readAnswer(api.usage('day', days)),
    readAnswer(api.usage('model', days)),
    readAnswer(api.usage('workload', days)),
  ]);
  return { range, allowance, byDay, byModel, byWorkload };
}
