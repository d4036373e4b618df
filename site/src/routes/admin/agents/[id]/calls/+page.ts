import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { callFilters } from '../../../../../lib/admin/inside/calls/call-filters.ts';
import { readCall } from '../../../../../lib/admin/inside/calls/call-detail.ts';
import { insideApi } from '../../../../../lib/admin/inside/inside-api.ts';

/** The calls of an agent: those that are not booked, a page of those that are, and one with its attempts. */
export async function load({ fetch, params, url, depends }: LoadEvent<{ id: string }>) {
  depends('inside:calls');
  const api = insideApi(fetch, params.id);
  const filters = callFilters(url.searchParams);
  const { workload, cursor, call } = filters;
  const outcome = filters.failed ? 'failed' : null;
  const [waiting, booked, detail] = await Promise.all([
    adminAnswer(api.calls()),
    adminAnswer(api.bookedAttempts({ workload, outcome, cursor })),
    call === null ? null : adminAnswer(readCall(api, call)),
  ]);
  return { filters, waiting, booked, detail };
}
