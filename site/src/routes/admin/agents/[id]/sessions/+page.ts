import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { insideApi } from '../../../../../lib/admin/inside/inside-api.ts';

/** The sessions of an agent, without what was said in them. */
export async function load({ fetch, params, depends }: LoadEvent<{ id: string }>) {
  depends('inside:sessions');
  return { sessions: (await adminAnswer(insideApi(fetch, params.id).sessions())).sessions };
}
