import type { z } from 'zod';
import { allowanceView } from '../../../../contract/allowance.ts';
import {
  apiKeyList,
  apiKeyView,
  createdApiKey,
  type createApiKeyBody,
} from '../../../../contract/api-keys.ts';
import { deviceList } from '../../../../contract/devices.ts';
import {
  createdInvite,
  inviteList,
  inviteView,
  memberList,
  memberView,
  revokedSignIns,
  signInList,
  signInView,
  type createInviteBody,
  type UpdateMemberBody,
} from '../../../../contract/members.ts';
import {
  scheduleList,
  scheduleRunList,
  scheduleRunView,
  scheduleTimes,
  scheduleView,
  type createScheduleBody,
  type UpdateScheduleBody,
} from '../../../../contract/schedules.ts';
import { snapshotList } from '../../../../contract/snapshots.ts';
import { usageReport, type UsageGrouping } from '../../../../contract/usage-report.ts';
import { askFor, tell, type Fetch } from './http.ts';

/**
 * What the settings ask of a tenant's API and tell it. All throw ApiError. Ids come from the API's own
 * lists.
 */
export function settingsApi(fetch: Fetch) {
  const get = <T>(schema: z.ZodType<T>, path: string): Promise<T> => askFor(fetch, schema, path);
  const post = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> =>
    askFor(fetch, schema, path, { method: 'POST', body });
  const patch = <T>(schema: z.ZodType<T>, path: string, body: unknown): Promise<T> =>
    askFor(fetch, schema, path, { method: 'PATCH', body });
  const remove = <T>(schema: z.ZodType<T>, path: string): Promise<T> =>
    askFor(fetch, schema, path, { method: 'DELETE' });
  return {
    allowance: () => get(allowanceView, '/api/allowance'),
    usage: (by: UsageGrouping, { from, to }: { from: string; to: string }) =>
      get(usageReport, `/api/usage?by=${by}&from=${from}&to=${to}`),

    members: () => get(memberList, '/api/members'),
    updateMember: (id: string, body: UpdateMemberBody) =>
      patch(memberView, `/api/members/${id}`, body),
    removeMember: (id: string) => remove(memberView, `/api/members/${id}`),
    invites: () => get(inviteList, '/api/invites'),
    createInvite: (body: z.input<typeof createInviteBody>) =>
      post(createdInvite, '/api/invites', body),
    revokeInvite: (id: string) => remove(inviteView, `/api/invites/${id}`),

    signIns: () => get(signInList, '/api/sign-ins'),
    revokeSignIn: (id: string) => remove(signInView, `/api/sign-ins/${id}`),
    revokeOtherSignIns: () => post(revokedSignIns, '/api/sign-ins/revoke-others'),

    keys: () => get(apiKeyList, '/api/keys'),
    createKey: (body: z.input<typeof createApiKeyBody>) => post(createdApiKey, '/api/keys', body),
    revokeKey: (id: string) => remove(apiKeyView, `/api/keys/${id}`),

    schedules: () => get(scheduleList, '/api/schedules'),
    schedule: (id: string) => get(scheduleView, `/api/schedules/${id}`),
    runs: (id: string) => get(scheduleRunList, `/api/schedules/${id}/runs?limit=20`),
    scheduleTimes: (cron: string, timeZone: string) =>
      get(
        scheduleTimes,
        `/api/schedule-times?${new URLSearchParams({ cron, timeZone }).toString()}`,
      ),
    createSchedule: (body: z.input<typeof createScheduleBody>) =>
      post(scheduleView, '/api/schedules', body),
    updateSchedule: (id: string, body: UpdateScheduleBody) =>
      patch(scheduleView, `/api/schedules/${id}`, body),
    runSchedule: (id: string) => post(scheduleRunView, `/api/schedules/${id}/run`),
    deleteSchedule: (id: string) => tell(fetch, `/api/schedules/${id}`, { method: 'DELETE' }),

    snapshots: () => get(snapshotList, '/api/snapshots'),

    devices: () => get(deviceList, '/api/devices'),
    approveDevice: (requestId: string) =>
      tell(fetch, `/api/devices/${requestId}/approve`, { method: 'POST' }),
    rejectDevice: (requestId: string) =>
      tell(fetch, `/api/devices/${requestId}/reject`, { method: 'POST' }),
    removeDevice: (deviceId: string) =>
      tell(fetch, `/api/devices/${deviceId}`, { method: 'DELETE' }),
  };
}

/** The API from within a page, which is there in a browser only. */
export const browserApi = settingsApi((input, init) => fetch(input, init));
