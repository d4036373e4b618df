import pkg from '../../package.json' with { type: 'json' };
import type { z } from 'zod';
import type { healthView } from '../../contract/api.ts';
import { bootProblems } from '../boot.ts';
import { admitAddressOf } from '../context.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /healthz`, on any host: whether the Worker may serve, and what is wrong if not. */
export const pingRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/healthz',
    on: ['system', 'tenant'],
    action: 'system.ping',
    anonymous: true,
    async handle(c) {
      await admitAddressOf(c, 'PUBLIC_LIMIT');
      const problems = [...bootProblems(c.env)];
      const view: z.infer<typeof healthView> = {
        ok: problems.length === 0,
        version: pkg.version,
        problems,
      };
      return c.json(view, view.ok ? 200 : 503);
    },
  },
];
