import type { z } from 'zod';
import {
  addHostnameBody,
  MAX_HOSTNAMES,
  moveHostnameBody,
  type hostnameList,
  type HostnameView,
} from '../../contract/hostnames.ts';
import { listHostnames, type HostnameRow } from '../../db/queries/hostnames.ts';
import type { TenantDetail } from '../../db/queries/tenants.ts';
import { addHostname, moveHostname, removeHostname } from '../change-hostnames.ts';
import { dbOf, paramOf } from '../context.ts';
import { findOrdinaryTenant, findTenant } from '../find-tenant.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { hostnameOf } from '../tenant-record.ts';

const HOSTNAMES = '/admin/api/tenants/:id/hostnames';

function viewOf(row: HostnameRow, tenant: TenantDetail): HostnameView {
  const { hostname, tenantId, heirId, leavingVersion, createdAt: since } = row;
  const kind = hostname === hostnameOf(tenant) ? 'own' : 'custom';
  const losing = tenantId === tenant.id ? 'leaving' : 'arriving';
  const state = leavingVersion === null ? 'active' : losing;
  return { hostname, kind, state, tenantId, heirId, since };
}

/** The hostnames under which a tenant is reached. */
export const hostnameRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: HOSTNAMES,
    on: ['system'],
    action: 'hostname.list',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      const rows = await listHostnames(dbOf(c), { tenantId: tenant.id, limit: MAX_HOSTNAMES });
      const list: z.infer<typeof hostnameList> = {
        hostnames: rows.map((row) => viewOf(row, tenant)),
      };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: HOSTNAMES,
    on: ['system'],
    action: 'hostname.write',
    async handle(c) {
      const { hostname } = await readBody(c.req.raw, addHostnameBody);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      const added = await addHostname(c, tenant, hostname);
      return c.json(added, added.pending ? 202 : 200);
    },
  },
  {
    method: 'DELETE',
    path: `${HOSTNAMES}/:hostname`,
    on: ['system'],
    action: 'hostname.write',
    async handle(c) {
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      const removed = await removeHostname(c, tenant, paramOf(c, 'hostname'));
      return c.json(removed, removed.pending ? 202 : 200);
    },
  },
  {
    method: 'POST',
    path: `${HOSTNAMES}/:hostname/move`,
    on: ['system'],
    action: 'hostname.write',
    async handle(c) {
      const body = await readBody(c.req.raw, moveHostnameBody);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      const to = await findOrdinaryTenant(dbOf(c), body.to);
      const moved = await moveHostname(c, tenant, { raw: paramOf(c, 'hostname'), to });
      return c.json(moved, moved.pending ? 202 : 200);
    },
  },
];
