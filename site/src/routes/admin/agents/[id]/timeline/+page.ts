import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { agentApi } from '../../../../../lib/admin/agent/agent-api.ts';

/** The newest entries; what follows comes over the page's line. */
export async function load({ fetch, params }: LoadEvent<{ id: string }>) {
  return { timeline: await adminAnswer(agentApi(fetch, params.id).timeline({ limit: 100 })) };
}
