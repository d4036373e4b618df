import { z } from 'zod';
import { agentCalls, bookedCall } from '../../../../../contract/agent-calls.ts';
import { agentLogs, type AgentLogsQuery } from '../../../../../contract/agent-logs.ts';
import { agentStatus } from '../../../../../contract/agent.ts';
import { sessionHistory, sessionList, usageList } from '../../../../../contract/api.ts';
import { sessionView } from '../../../../../contract/frames.ts';
import { routeExplanation, type ExplainRouteBody } from '../../../../../contract/routing.ts';
import {
  scheduleList,
  scheduleRunList,
  scheduleRunView,
  scheduleTimes,
  scheduleView,
} from '../../../../../contract/schedules.ts';
import { askFor, tell, type Fetch } from '../../api/http.ts';
import { queryOf } from '../address.ts';

const stopped = z.object({ stopped: z.number().int() });

/**
 * What the tabs that look inside an agent ask, by its tenant's id or slug, and tell it. All throw
 * ApiError. Looking neither wakes an agent nor keeps it awake.
 */
export function insideApi(fetch: Fetch, reference: string) {
  const id = encodeURIComponent(reference);
  const agent = `/admin/api/agents/${id}`;
  const tenant = `/admin/api/tenants/${id}`;
  const get = <T>(schema: z.ZodType<T>, path: string): Promise<T> => askFor(fetch, schema, path);
  const post = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> =>
    askFor(fetch, schema, path, { method: 'POST', body });
  return {
    /** Those that are not booked, or one by its id. */
    calls: (query: { call?: string } = {}) => get(agentCalls, `${agent}/calls${queryOf(query)}`),
    bookedAttempts: (query: {
      workload: string | null;
      outcome: string | null;
      cursor: string | null;
    }) => get(usageList, `${tenant}/usage${queryOf(query)}`),
    bookedCall: (call: string) => get(bookedCall, `${tenant}/calls/${encodeURIComponent(call)}`),
    explain: (body: ExplainRouteBody) => post(routeExplanation, '/admin/api/routing/explain', body),

    sessions: () => get(sessionList, `${tenant}/sessions`),
    session: (session: string) => get(sessionView, `${tenant}/sessions/${session}`),
    /** Reading what was said is written to the audit. */
    events: (session: string, query: { after: number; limit: number }) =>
      get(sessionHistory, `${tenant}/sessions/${session}/events${queryOf(query)}`),
    stopTurns: (session: string) => post(stopped, `${tenant}/sessions/${session}/stop`),

    restore: (snapshot: string, force: boolean) =>
      post(agentStatus, `${agent}/snapshots/${snapshot}/restore`, { force }),
    deleteSnapshot: (snapshot: string) =>
      tell(fetch, `${agent}/snapshots/${snapshot}`, { method: 'DELETE' }),

    schedules: () => get(scheduleList, `${tenant}/schedules`),
    runs: (schedule: string) =>
      get(scheduleRunList, `${tenant}/schedules/${schedule}/runs?limit=20`),
    scheduleTimes: (cron: string, timeZone: string) =>
      get(scheduleTimes, `${tenant}/schedule-times${queryOf({ cron, timeZone })}`),
    enableSchedule: (schedule: string, enabled: boolean) =>
      askFor(fetch, scheduleView, `${tenant}/schedules/${schedule}`, {
        method: 'PATCH',
        body: { enabled },
      }),
    runSchedule: (schedule: string) => post(scheduleRunView, `${tenant}/schedules/${schedule}/run`),

    rejectDevice: (request: string) =>
      tell(fetch, `${agent}/devices/${request}/reject`, { method: 'POST' }),
    removeDevice: (device: string) =>
      tell(fetch, `${agent}/devices/${device}`, { method: 'DELETE' }),

    logs: (query: Partial<AgentLogsQuery>) => get(agentLogs, `${agent}/logs${queryOf(query)}`),
  };
}
export type InsideApi = ReturnType<typeof insideApi>;

/** The same from within a page, which is there in a browser only. */
export const browserInside = (reference: string): InsideApi =>
  insideApi((input, init) => fetch(input, init), reference);
