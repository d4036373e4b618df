import type { LoadEvent } from '@sveltejs/kit';
import { ulidSchema } from '../../../../../../../contract/ids.ts';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { insideApi } from '../../../../../lib/admin/inside/inside-api.ts';

/** The schedules of an agent, and the runs and next times of the one that its address names. */
export async function load({ fetch, params, url, depends }: LoadEvent<{ id: string }>) {
  depends('inside:schedules');
  const api = insideApi(fetch, params.id);
  const { schedules } = await adminAnswer(api.schedules());
  const wanted = ulidSchema.safeParse(url.searchParams.get('schedule')).data;
  const open = schedules.find(({ id }) => id === wanted);
  if (!open) return { schedules, open: null };
  const [{ runs }, { times }] = await Promise.all([
    adminAnswer(api.runs(open.id)),
    adminAnswer(api.scheduleTimes(open.cron, open.timeZone)),
  ]);
  return { schedules, open: { id: open.id, runs, times } };
}
