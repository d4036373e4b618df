import type { z } from 'zod';
import { agentListQuery, type agentList, type AgentListEntry } from '../../contract/agent-list.ts';
import { agentCallsQuery } from '../../contract/agent-calls.ts';
import { agentLogsQuery } from '../../contract/agent-logs.ts';
import type { SandboxAnswer } from '../../contract/agent-sandbox.ts';
import { restartBody, sleepBody } from '../../contract/api.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { timelineQuery } from '../../contract/timeline.ts';
import { listAgents, type ListedAgent } from '../../db/queries/agent-list.ts';
import type { TenantDetail } from '../../db/queries/tenants.ts';
import { LIVE_PATH } from '../../durable/index.ts';
import { openAgentSocket } from '../agent-socket.ts';
import { addressOf, type AgentStub } from '../agent.ts';
import { bookCommand } from '../book-command.ts';
import { dbOf, paramOf, type EdgeContext } from '../context.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { findOrdinaryTenant, findTenant, refuseDeleted } from '../find-tenant.ts';
import { readBody, readQuery } from '../read-body.ts';
import { RELEASE } from '../release.ts';
import type { RouteSpec } from '../route.ts';
import { systemAgent } from '../system-agent.ts';

async function agentFor(c: EdgeContext, tenant: TenantDetail): Promise<AgentStub> {
  // Asking it would make it anew, empty.
  if (tenant.status === 'deleted') refuseDeleted(tenant);
  if (tenant.id === SYSTEM_TENANT_ID) {
    return systemAgent(dbOf(c), (address) => c.var.deps.agentOf(c.env, address));
  }
  return c.var.deps.agentOf(c.env, addressOf(tenant));
}

/** A row of the list without what only sorts it. */
function entryOf(listed: ListedAgent): AgentListEntry {
  const { createdAt: _, ...entry } = listed;
  return entry;
}

/** What operators do with agents. Looking neither wakes an agent nor keeps it awake. */
export const agentRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/agents',
    on: ['system'],
    action: 'agent.list',
    async handle(c) {
      const { limit, cursor, ...query } = readQuery(new URL(c.req.url), agentListQuery);
      const after = decodeCursor(cursor);
      const found = await listAgents(dbOf(c), { ...query, after, limit: limit + 1 });
      const page = pageOf(found, limit, ({ createdAt, tenantId: id }) => ({ createdAt, id }));
      const agents = page.entries.map(entryOf);
      const list: z.infer<typeof agentList> = { agents, cursor: page.cursor };
      return c.json(list);
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      const agent = await agentFor(c, tenant);
      return c.json(await agent.inspect());
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
      const agent = await agentFor(c, tenant);
      return c.json(await agent.wake());
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
      const agent = await agentFor(c, tenant);
      return c.json(await agent.sleep({ force }));
    },
  },
  {
    method: 'POST',
    path: '/admin/api/agents/:id/restart',
    on: ['system'],
    action: 'agent.restart',
    async handle(c) {
      const { force } = await readBody(c.req.raw, restartBody);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      await bookCommand(c, { tenant, action: 'agent.restart', after: { force } });
      const agent = await agentFor(c, tenant);
      return c.json(await agent.restart({ force }), 202);
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/timeline',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const query = readQuery(new URL(c.req.url), timelineQuery);
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      const agent = await agentFor(c, tenant);
      return c.json(await agent.timeline(query));
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/calls',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const query = readQuery(new URL(c.req.url), agentCallsQuery);
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      const agent = await agentFor(c, tenant);
      return c.json(await agent.calls(query));
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/logs',
    on: ['system'],
    action: 'agent.logs',
    async handle(c) {
      const query = readQuery(new URL(c.req.url), agentLogsQuery);
      const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
      const agent = await agentFor(c, tenant);
      return c.json(await agent.logs(query));
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/sandbox',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      const agent = await agentFor(c, tenant);
      const { image, openclaw } = RELEASE;
      const sandbox = await agent.sandboxLook();
      const answer: SandboxAnswer = { sandbox, release: { image, openclaw } };
      return c.json(answer);
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/live',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      await agentFor(c, tenant);
      c.set('tenant', addressOf(tenant));
      return openAgentSocket(c, { path: LIVE_PATH });
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
      const agent = await agentFor(c, tenant);
      return c.json(await agent.flush());
    },
  },
];
