import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { agentApi } from '../../../../lib/admin/agent/agent-api.ts';

/** An agent and its tenant, by id or slug. Looking at them wakes nothing. */
export async function load({ fetch, params }: LoadEvent<{ id: string }>) {
  const api = agentApi(fetch, params.id);
  const [inspection, tenant] = await Promise.all([
    adminAnswer(api.inspect()),
    adminAnswer(api.tenant()),
  ]);
  return { inspection, tenant, reference: params.id };
}
