import type { z } from 'zod';
import { deviceId, pairingRequestId } from '../../contract/devices.ts';
import { AppError } from '../../contract/errors.ts';
import { addressOf, type AgentStub } from '../agent.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { bookCommand } from '../book-command.ts';
import { dbOf, paramOf, type EdgeContext } from '../context.ts';
import { findOrdinaryTenant } from '../find-tenant.ts';
import type { RouteSpec } from '../route.ts';

/** How the agent whose devices they are is found, and how a change of them is booked. */
interface Way extends Pick<RouteSpec, 'on'> {
  prefix: '/api' | '/admin/api/agents/:id';
  ask<T>(
    c: EdgeContext,
    question: (agent: AgentStub) => Promise<T>,
    change?: { action: string; after?: unknown },
  ): Promise<T>;
}

/** An owner's on the tenant's host, an operator's by path. */
const ON_TENANT: Way = {
  on: ['tenant', 'by-path'],
  prefix: '/api',
  async ask(c, question, change) {
    if (change) await bookChange(c, change);
    return askAgent(c, question);
  },
};

const FOR_OPERATORS: Way = {
  on: ['system'],
  prefix: '/admin/api/agents/:id',
  async ask(c, question, change) {
    const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
    if (change) await bookCommand(c, { tenant, ...change });
    return question(c.var.deps.agentOf(c.env, addressOf(tenant)));
  },
};

/** A part of the path that OpenClaw made up. AppError not_found for what it never would. */
function idOf(c: EdgeContext, param: string, shape: z.ZodType<string>): string {
  const id = shape.safeParse(paramOf(c, param));
  if (!id.success) throw new AppError('not_found', 'There is no such device or request.');
  return id.data;
}

/** The devices of OpenClaw's own apps. Looking never wakes an agent. */
function routesOf({ on, prefix, ask }: Way): RouteSpec[] {
  return [
    {
      method: 'GET',
      path: `${prefix}/devices`,
      on,
      action: 'device.list',
      handle: async (c) => c.json(await ask(c, (agent) => agent.listDevices(callerOf(c)))),
    },
    {
      method: 'POST',
      path: `${prefix}/devices/approve-all`,
      on,
      action: 'device.approve',
      async handle(c) {
        const change = { action: 'device.approve-all' };
        return c.json(await ask(c, (agent) => agent.approveDevices(callerOf(c)), change));
      },
    },
    {
      method: 'POST',
      path: `${prefix}/devices/:requestId/approve`,
      on,
      action: 'device.approve',
      async handle(c) {
        const requestId = idOf(c, 'requestId', pairingRequestId);
        const change = { action: 'device.approve', after: { requestId } };
        return c.json(await ask(c, (agent) => agent.approveDevice(callerOf(c), requestId), change));
      },
    },
    {
      method: 'POST',
      path: `${prefix}/devices/:requestId/reject`,
      on,
      action: 'device.approve',
      async handle(c) {
        const requestId = idOf(c, 'requestId', pairingRequestId);
        const change = { action: 'device.reject', after: { requestId } };
        await ask(c, (agent) => agent.rejectDevice(callerOf(c), requestId), change);
        return c.body(null, 204);
      },
    },
    {
      method: 'DELETE',
      path: `${prefix}/devices/:deviceId`,
      on,
      action: 'device.approve',
      async handle(c) {
        const id = idOf(c, 'deviceId', deviceId);
        const change = { action: 'device.remove', after: { deviceId: id } };
        await ask(c, (agent) => agent.removeDevice(callerOf(c), id), change);
        return c.body(null, 204);
      },
    },
  ];
}

export const deviceRoutes: readonly RouteSpec[] = [ON_TENANT, FOR_OPERATORS].flatMap(routesOf);
