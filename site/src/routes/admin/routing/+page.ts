import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../lib/admin/admin-answer.ts';
import { routingApi } from '../../../lib/admin/routing/routing-api.ts';

/** Versions of one page of the list. */
const PAGE = 20;

export async function load({ fetch, url }: LoadEvent) {
  const api = routingApi(fetch);
  const cursor = url.searchParams.get('cursor');
  const [active, list, catalog] = await adminAnswer(
    Promise.all([api.active(), api.policies({ limit: PAGE, cursor }), api.models()]),
  );
  return { active, list, catalog };
}
