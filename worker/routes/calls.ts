import type { z } from 'zod';
import { agentCallsQuery, callId, type bookedCall } from '../../contract/agent-calls.ts';
import { AppError } from '../../contract/errors.ts';
import { bookedAttempts } from '../../db/queries/usage-call.ts';
import { addressOf } from '../agent.ts';
import { dbOf, paramOf } from '../context.ts';
import { findTenant, refuseDeleted } from '../find-tenant.ts';
import { readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/** The model calls of one agent, one by one: those it has not booked yet, and a booked one. */
export const callRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/agents/:id/calls',
    on: ['system'],
    action: 'agent.inspect',
    async handle(c) {
      const query = readQuery(new URL(c.req.url), agentCallsQuery);
      const tenant = await findTenant(dbOf(c), paramOf(c, 'id'));
      // Asking it would make it anew, empty.
      if (tenant.status === 'deleted') refuseDeleted(tenant);
      return c.json(await c.var.deps.agentOf(c.env, addressOf(tenant)).calls(query));
    },
  },
  {
    // Of a deleted tenant too: its books stay.
    method: 'GET',
    path: '/admin/api/tenants/:id/calls/:callId',
    on: ['system'],
    action: 'usage.read',
    async handle(c) {
      const id = callId.safeParse(paramOf(c, 'callId'));
      if (!id.success) throw new AppError('not_found', 'There is no such call.');
      const db = dbOf(c);
      const { id: tenantId } = await findTenant(db, paramOf(c, 'id'));
      const rows = await bookedAttempts(db, { tenantId, callId: id.data });
      const booked: z.infer<typeof bookedCall> = { rows };
      return c.json(booked);
    },
  },
];
