import { sleepBody } from '../../contract/api.ts';
import type { TenantDetail } from '../../db/queries/tenants.ts';
import { addressOf, type AgentStub } from '../agent.ts';
import { bookCommand } from '../book-command.ts';
import { dbOf, paramOf, type EdgeContext } from '../context.ts';
import { findOrdinaryTenant, findTenant, refuseDeleted } from '../find-tenant.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

function agentFor(c: EdgeContext, tenant: TenantDetail): AgentStub {
  // Asking it would make it anew, empty.
  if (tenant.status === 'deleted') refuseDeleted(tenant);
  return c.var.deps.agentOf(c.env, addressOf(tenant));
}

/** What operators do with agents. Looking neither wakes an agent nor keeps it awake. */
export const agentRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/agents/:id',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      return c.json(await agentFor(c, tenant).inspect());
    },
  },
  {
    method: 'POST',
    path: '/admin/api/agents/:id/wake',
    on: ['system'],
    action: 'agent.wake',
    async handle(c) {
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      await bookCommand(c, { tenant, action: 'agent.wake' });
      return c.json(await agentFor(c, tenant).wake());
    },
  },
  {
    method: 'POST',
    path: '/admin/api/agents/:id/sleep',
    on: ['system'],
    action: 'agent.sleep',
    async handle(c) {
      const { force } = await readBody(c.req.raw, sleepBody);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      await bookCommand(c, { tenant, action: 'agent.sleep', after: { force } });
      return c.json(await agentFor(c, tenant).sleep({ force }));
    },
  },
  {
    method: 'POST',
    path: '/admin/api/agents/:id/flush',
    on: ['system'],
    action: 'agent.flush',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      await bookCommand(c, { tenant, action: 'agent.flush' });
      return c.json(await agentFor(c, tenant).flush());
    },
  },
];
