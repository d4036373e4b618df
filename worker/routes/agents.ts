import type { z } from 'zod';
import { agentCallsQuery } from '../../contract/agent-calls.ts';
import { agentListQuery, defaultOrder, type agentList } from '../../contract/agent-list.ts';
import { agentLogsQuery } from '../../contract/agent-logs.ts';
import type { SandboxAnswer } from '../../contract/agent-sandbox.ts';
import { restartBody, sleepBody } from '../../contract/api.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { timelineQuery } from '../../contract/timeline.ts';
import { agentPosition, countAgents, listAgents } from '../../db/queries/agent-list.ts';
import type { TenantDetail } from '../../db/queries/tenants.ts';
import { LIVE_PATH } from '../../durable/index.ts';
import { openAgentSocket } from '../agent-socket.ts';
import { addressOf, type AgentStub } from '../agent.ts';
import { bookCommand } from '../book-command.ts';
import { dbOf, paramOf, type EdgeContext } from '../context.ts';
import { findOrdinaryTenant, findTenant, refuseDeleted } from '../find-tenant.ts';
import { readBody, readQuery } from '../read-body.ts';
import { RELEASE } from '../release.ts';
import type { RouteSpec } from '../route.ts';
import { systemAgent } from '../system-agent.ts';
import { decodeSortCursor, encodeSortCursor } from '../sort-cursor.ts';
import { ATTENTION_MS } from '../sweep.ts';

async function agentFor(c: EdgeContext, tenant: TenantDetail): Promise<AgentStub> {
  // Asking it would make it anew, empty.
  if (tenant.status === 'deleted') refuseDeleted(tenant);
  if (tenant.id === SYSTEM_TENANT_ID) {
    return systemAgent(dbOf(c), (address) => c.var.deps.agentOf(c.env, address));
  }
  return c.var.deps.agentOf(c.env, addressOf(tenant));
}

type AgentList = z.infer<typeof agentList>;

async function readList(c: EdgeContext): Promise<AgentList> {
  const { limit, cursor, sort, ...query } = readQuery(new URL(c.req.url), agentListQuery);
  const order = query.order ?? defaultOrder(sort);
  const after = decodeSortCursor(cursor, { sort, order });
  const filter = { ...query, lateBefore: c.var.deps.now() - ATTENTION_MS };
  const db = dbOf(c);
  const [found, total] = await Promise.all([
    listAgents(db, { ...filter, sort, order, after, limit: limit + 1 }),
    countAgents(db, filter),
  ]);
  const agents = found.slice(0, limit);
  const last = found.length > limit ? agents.at(-1) : undefined;
  const next = last && encodeSortCursor({ sort, order }, agentPosition(sort, last));
  return { agents, cursor: next ?? null, total };
}

/** What operators do with agents. Looking neither wakes an agent nor keeps it awake. */
export const agentRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/agents',
    on: ['system'],
    action: 'agent.list',
    async handle(c) {
      return c.json(await readList(c));
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
