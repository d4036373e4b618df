import type { z } from 'zod';
import { agentList } from '../../../../../contract/agent-list.ts';
import { apiKeyList, apiKeyView } from '../../../../../contract/api-keys.ts';
import {
  createdTenant,
  tenantView,
  updatedTenant,
  type CreateTenantBody,
  type SuspendTenantBody,
  type UpdateTenantBody,
} from '../../../../../contract/api.ts';
import { hostnameList } from '../../../../../contract/hostnames.ts';
import {
  createdInvite,
  inviteList,
  inviteView,
  memberList,
  memberView,
  signInList,
  signInView,
  type createInviteBody,
} from '../../../../../contract/members.ts';
import { askFor, type Fetch } from '../../api/http.ts';
import { queryOf } from '../address.ts';

const ADMIN = '/admin/api';
const of = (id: string, rest = ''): string => `${ADMIN}/tenants/${encodeURIComponent(id)}${rest}`;

/** What operators ask of tenants and do with them. `id` is an id or slug. All throw ApiError. */
export function tenantsApi(fetch: Fetch) {
  const get = <T>(schema: z.ZodType<T>, path: string): Promise<T> => askFor(fetch, schema, path);
  const post = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> =>
    askFor(fetch, schema, path, { method: 'POST', body });
  const remove = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> =>
    askFor(fetch, schema, path, { method: 'DELETE', body });
  return {
    agents: (query: Record<string, string | number | null>) =>
      get(agentList, `${ADMIN}/agents${queryOf(query)}`),
    tenant: (id: string) => get(tenantView, of(id)),
    create: (body: CreateTenantBody) => post(createdTenant, `${ADMIN}/tenants`, body),
    update: (id: string, body: UpdateTenantBody) =>
      askFor(fetch, updatedTenant, of(id), { method: 'PATCH', body }),
    suspend: (id: string, body: SuspendTenantBody) => post(updatedTenant, of(id, '/suspend'), body),
    resume: (id: string) => post(updatedTenant, of(id, '/resume')),
    delete: (id: string, slug: string) => remove(updatedTenant, of(id), { slug }),

    hostnames: (id: string) => get(hostnameList, of(id, '/hostnames')),
    addHostname: (id: string, hostname: string) =>
      post(updatedTenant, of(id, '/hostnames'), { hostname }),
    removeHostname: (id: string, hostname: string) =>
      remove(updatedTenant, of(id, `/hostnames/${encodeURIComponent(hostname)}`)),

    members: (id: string) => get(memberList, of(id, '/members')),
    removeMember: (id: string, memberId: string) =>
      remove(memberView, of(id, `/members/${memberId}`)),
    invites: (id: string) => get(inviteList, of(id, '/invites')),
    createInvite: (id: string, body: z.input<typeof createInviteBody>) =>
      post(createdInvite, of(id, '/invites'), body),
    revokeInvite: (id: string, inviteId: string) =>
      remove(inviteView, of(id, `/invites/${inviteId}`)),
    signIns: (id: string) => get(signInList, of(id, '/sign-ins')),
    revokeSignIn: (id: string, signInId: string) =>
      remove(signInView, of(id, `/sign-ins/${signInId}`)),

    keys: (id: string) => get(apiKeyList, of(id, '/keys')),
    revokeKey: (id: string, keyId: string) => remove(apiKeyView, of(id, `/keys/${keyId}`)),
  };
}

/** The API from within a page, which is there in a browser only. */
export const tenantsInBrowser = tenantsApi((input, init) => fetch(input, init));
