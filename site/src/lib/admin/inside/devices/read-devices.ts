import type { DeviceList } from '../../../../../../contract/devices.ts';
import { ApiError } from '../../../api/http.ts';
import type { AgentApi } from '../../agent/agent-api.ts';

/** The devices, or why OpenClaw does not say: it is not awake, or does not answer right now. */
export type DevicesAnswer = DeviceList | 'asleep' | 'silent';

/** Asks for an agent's devices. Throws ApiError for what is not about its sandbox. */
export async function readDevices(api: Pick<AgentApi, 'listDevices'>): Promise<DevicesAnswer> {
  try {
    return await api.listDevices();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'conflict') return 'asleep';
    if (error.code === 'agent_unavailable' || error.code === 'limit_reached') return 'silent';
    throw error;
  }
}
