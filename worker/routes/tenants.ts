import { z } from 'zod';
import {
  createTenantBody,
  deleteTenantBody,
  pageQuery,
  suspendTenantBody,
  updateTenantBody,
  type tenantList,
} from '../../contract/api.ts';
import { tenantStatus } from '../../contract/agent.ts';
import { listTenants } from '../../db/queries/tenants.ts';
import { dbOf, paramOf, type EdgeContext } from '../context.ts';
import { createTenant } from '../create-tenant.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { deleteTenant } from '../delete-tenant.ts';
import { findCustomer, findOrdinaryTenant, findTenant } from '../find-tenant.ts';
import { readBody, readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { resumeTenant, suspendTenant } from '../suspend-tenant.ts';
import { viewOf } from '../tenant-record.ts';
import { updateTenant } from '../update-tenant.ts';

const listQuery = pageQuery.extend({
  q: z.string().trim().max(100).default(''),
  /** All that are not deleted, when not given. */
  status: tenantStatus.optional(),
});

/** Answers a change that is in D1: 202 while the tenant's agent has still to follow. */
function answerChange(
  c: EdgeContext,
  made: { pending: boolean },
  status: 200 | 201 = 200,
): Response {
  return c.json(made, made.pending ? 202 : status);
}

/** What operators do with tenants. */
export const tenantRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/tenants',
    on: ['system'],
    action: 'tenant.list',
    async handle(c) {
      const { q, status, limit, cursor } = readQuery(new URL(c.req.url), listQuery);
      const after = decodeCursor(cursor);
      const found = await listTenants(dbOf(c), { q, status, after, limit: limit + 1 });
      const page = pageOf(found, limit, ({ createdAt, id }) => ({ createdAt, id }));
      const list: z.infer<typeof tenantList> = {
        tenants: page.entries.map((tenant) => viewOf(tenant, c.env, c.req.url)),
        cursor: page.cursor,
      };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/admin/api/tenants',
    on: ['system'],
    action: 'tenant.create',
    async handle(c) {
      const created = await createTenant(c, await readBody(c.req.raw, createTenantBody));
      return answerChange(c, created, 201);
    },
  },
  {
    method: 'GET',
    path: '/admin/api/tenants/:id',
    on: ['system'],
    action: 'tenant.read',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      return c.json(viewOf(tenant, c.env, c.req.url));
    },
  },
  {
    method: 'PATCH',
    path: '/admin/api/tenants/:id',
    on: ['system'],
    action: 'tenant.update',
    async handle(c) {
      const body = await readBody(c.req.raw, updateTenantBody);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      return answerChange(c, await updateTenant(c, tenant, body));
    },
  },
  {
    method: 'POST',
    path: '/admin/api/tenants/:id/suspend',
    on: ['system'],
    action: 'tenant.suspend',
    async handle(c) {
      const body = await readBody(c.req.raw, suspendTenantBody);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      return answerChange(c, await suspendTenant(c, tenant, body));
    },
  },
  {
    method: 'POST',
    path: '/admin/api/tenants/:id/resume',
    on: ['system'],
    action: 'tenant.resume',
    async handle(c) {
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      return answerChange(c, await resumeTenant(c, tenant));
    },
  },
  {
    method: 'DELETE',
    path: '/admin/api/tenants/:id',
    on: ['system'],
    action: 'tenant.delete',
    async handle(c) {
      const body = await readBody(c.req.raw, deleteTenantBody);
      const tenant = await findCustomer(dbOf(c), paramOf(c, 'id'));
      return answerChange(c, await deleteTenant(c, tenant, body));
    },
  },
];
