import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { agentApi } from '../../../../../lib/admin/agent/agent-api.ts';

/** What is saved of an agent, the newest first. */
export async function load({ fetch, params, depends }: LoadEvent<{ id: string }>) {
  depends('inside:snapshots');
  const { snapshots } = await adminAnswer(agentApi(fetch, params.id).getStorageStatus());
  return { snapshots };
}
