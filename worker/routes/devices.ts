import type { z } from 'zod';
import { deviceId, pairingRequestId } from '../../contract/devices.ts';
import { AppError } from '../../contract/errors.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { paramOf, type EdgeContext } from '../context.ts';
import type { RouteSpec } from '../route.ts';
import { tenantResource } from '../tenant-resource.ts';

/** A part of the path that OpenClaw made up. AppError not_found for what it never would. */
function idOf(c: EdgeContext, param: string, shape: z.ZodType<string>): string {
  const id = shape.safeParse(paramOf(c, param));
  if (!id.success) throw new AppError('not_found', 'There is no such device or request.');
  return id.data;
}

/** The devices of OpenClaw's own apps, for owners and operators. Looking never wakes an agent. */
export const deviceRoutes: readonly RouteSpec[] = tenantResource(
  [
    {
      method: 'GET',
      path: '/devices',
      action: 'device.list',
      handle: async (c) => c.json(await askAgent(c, (agent) => agent.listDevices(callerOf(c)))),
    },
    {
      method: 'POST',
      path: '/devices/approve-all',
      action: 'device.approve',
      async handle(c) {
        await bookChange(c, { action: 'device.approve-all' });
        return c.json(await askAgent(c, (agent) => agent.approveDevices(callerOf(c))));
      },
    },
    {
      method: 'POST',
      path: '/devices/:requestId/approve',
      action: 'device.approve',
      async handle(c) {
        const requestId = idOf(c, 'requestId', pairingRequestId);
        await bookChange(c, { action: 'device.approve', after: { requestId } });
        return c.json(await askAgent(c, (agent) => agent.approveDevice(callerOf(c), requestId)));
      },
    },
    {
      method: 'POST',
      path: '/devices/:requestId/reject',
      action: 'device.approve',
      async handle(c) {
        const requestId = idOf(c, 'requestId', pairingRequestId);
        await bookChange(c, { action: 'device.reject', after: { requestId } });
        await askAgent(c, (agent) => agent.rejectDevice(callerOf(c), requestId));
        return c.body(null, 204);
      },
    },
    {
      method: 'DELETE',
      path: '/devices/:deviceId',
      action: 'device.approve',
      async handle(c) {
        const id = idOf(c, 'deviceId', deviceId);
        await bookChange(c, { action: 'device.remove', after: { deviceId: id } });
        await askAgent(c, (agent) => agent.removeDevice(callerOf(c), id));
        return c.body(null, 204);
      },
    },
  ],
  'agents',
);
