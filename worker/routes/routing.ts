import { routingTestBody } from '../../contract/api.ts';
import { AppError } from '../../contract/errors.ts';
import { dbOf } from '../context.ts';
import { defaultPlatform, platformsOf } from '../env.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { systemAgent } from '../system-agent.ts';

/** `POST /admin/api/routing/test`: one real model call by the policy in force, booked. */
export const routingRoutes: readonly RouteSpec[] = [
  {
    method: 'POST',
    path: '/admin/api/routing/test',
    on: ['system'],
    action: 'routing.test',
    async handle(c) {
      const body = await readBody(c.req.raw, routingTestBody);
      const platform = body.platform ?? defaultPlatform(c.env);
      const platforms = platformsOf(c.env);
      if (!platforms.includes(platform)) {
        throw new AppError('invalid_request', `platform: must be one of ${platforms.join(', ')}`);
      }
      const agent = await systemAgent(dbOf(c), (address) => c.var.deps.agentOf(c.env, address));
      const { tier, workload } = body;
      return c.json(await agent.testRoute({ tier, workload, platform }));
    },
  },
];
