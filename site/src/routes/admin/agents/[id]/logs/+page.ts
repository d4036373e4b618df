import type { LoadEvent } from '@sveltejs/kit';
import type { OperatorView } from '../../../../../../../contract/api.ts';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { insideApi } from '../../../../../lib/admin/inside/inside-api.ts';
import { logFilter } from '../../../../../lib/admin/inside/logs/log-filter.ts';
import { LINES_PER_ASK } from '../../../../../lib/admin/inside/logs/log-tail.svelte.ts';
import { isAtLeast } from '../../../../../lib/admin/roles.ts';

/** What the pages above have loaded. */
type Parents = { operator: OperatorView };

/** The end of an agent's log; null for who may not read it. */
export async function load({
  fetch,
  params,
  url,
  parent,
}: LoadEvent<{ id: string }, null, Parents>) {
  const filter = logFilter(url.searchParams);
  const { operator } = await parent();
  if (!isAtLeast(operator.role, 'maintainer')) return { filter, logs: null };
  const api = insideApi(fetch, params.id);
  return { filter, logs: await adminAnswer(api.logs({ ...filter, limit: LINES_PER_ASK })) };
}
