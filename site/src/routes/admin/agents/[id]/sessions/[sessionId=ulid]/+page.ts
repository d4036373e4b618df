import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../../lib/admin/admin-answer.ts';
import { insideApi } from '../../../../../../lib/admin/inside/inside-api.ts';

/** One session, without what was said in it: that is read when its reader asks for it. */
export async function load({ fetch, params }: LoadEvent<{ id: string; sessionId: string }>) {
  return { session: await adminAnswer(insideApi(fetch, params.id).session(params.sessionId)) };
}
