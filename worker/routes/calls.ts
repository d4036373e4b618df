import type { z } from 'zod';
import { callId, type bookedCall } from '../../contract/agent-calls.ts';
import { AppError } from '../../contract/errors.ts';
import { bookedAttempts } from '../../db/queries/usage-call.ts';
import { dbOf, paramOf } from '../context.ts';
import { findTenant } from '../find-tenant.ts';
import type { RouteSpec } from '../route.ts';

/** Single model calls in the books. What an agent has not booked yet is its own to say: agents.ts. */
export const callRoutes: readonly RouteSpec[] = [
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
