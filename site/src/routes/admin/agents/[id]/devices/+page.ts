import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { agentApi } from '../../../../../lib/admin/agent/agent-api.ts';
import { readDevices } from '../../../../../lib/admin/inside/devices/read-devices.ts';

/** Only the agent knows its devices: one that is not awake cannot say. */
export async function load({ fetch, params }: LoadEvent<{ id: string }>) {
  return { devices: await adminAnswer(readDevices(agentApi(fetch, params.id))) };
}
