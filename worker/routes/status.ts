import { admitAddressOf } from '../context.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /api/status` on the system's own hosts: how it is, for everybody. */
export const statusRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/api/status',
    on: ['system'],
    action: 'system.status',
    anonymous: true,
    async handle(c) {
      await admitAddressOf(c, 'PUBLIC_LIMIT');
      return c.json(await c.var.deps.status.read(c));
    },
  },
];
