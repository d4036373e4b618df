import type { z } from 'zod';
import { sandboxAnswer } from '../../../../../contract/agent-sandbox.ts';
import { agentStatus } from '../../../../../contract/agent.ts';
import { agentInspection, flushResult, tenantView } from '../../../../../contract/api.ts';
import { approvedDevice, approvedDevices, deviceList } from '../../../../../contract/devices.ts';
import { snapshotList, snapshotView } from '../../../../../contract/snapshots.ts';
import { timelinePage, type TimelineQuery } from '../../../../../contract/timeline.ts';
import { askFor, type Fetch } from '../../api/http.ts';
import { queryOf } from '../address.ts';

/**
 * What the dashboard asks of one agent, by its tenant's id or slug, and tells it. All throw ApiError.
 * Looking neither wakes an agent nor keeps it awake. The names of the commands are those of
 * Cloudflare's moltworker, where it had them.
 */
export function agentApi(fetch: Fetch, reference: string) {
  const agent = `/admin/api/agents/${encodeURIComponent(reference)}`;
  const get = <T>(schema: z.ZodType<T>, path: string): Promise<T> => askFor(fetch, schema, path);
  const post = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> =>
    askFor(fetch, schema, agent + path, { method: 'POST', body });
  return {
    inspect: () => get(agentInspection, agent),
    tenant: () => get(tenantView, `/admin/api/tenants/${encodeURIComponent(reference)}`),
    timeline: (query: Partial<TimelineQuery> = {}) =>
      get(timelinePage, `${agent}/timeline${queryOf(query)}`),

    sandbox: () => get(sandboxAnswer, `${agent}/sandbox`),

    wake: () => post(agentStatus, '/wake'),
    sleep: (force: boolean) => post(agentStatus, '/sleep', { force }),
    restartGateway: (force: boolean) => post(agentStatus, '/restart', { force }),
    flush: () => post(flushResult, '/flush'),

    getStorageStatus: () => get(snapshotList, `${agent}/snapshots`),
    /** Begins a snapshot of an agent that is ready. */
    triggerSync: () => post(snapshotView, '/snapshots'),

    listDevices: () => get(deviceList, `${agent}/devices`),
    approveDevice: (requestId: string) => post(approvedDevice, `/devices/${requestId}/approve`),
    approveAllDevices: () => post(approvedDevices, '/devices/approve-all'),
  };
}
export type AgentApi = ReturnType<typeof agentApi>;
