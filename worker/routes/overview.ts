import { monthStart } from '../../contract/months.ts';
import { readOverview } from '../../db/queries/overview.ts';
import { dbOf } from '../context.ts';
import { flushRefusals } from '../count-refusals.ts';
import type { RouteSpec } from '../route.ts';
import { ATTENTION_MS } from '../sweep.ts';

/** `GET /admin/api/overview`: the system in numbers. Touches no agent. */
export const overviewRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/overview',
    on: ['system'],
    action: 'overview.read',
    async handle(c) {
      const { deps } = c.var;
      // What this isolate has counted belongs to what is shown.
      await flushRefusals({ env: c.env, deps });
      const now = deps.now();
      const overview = await readOverview(dbOf(c), {
        now,
        before: now - ATTENTION_MS,
        month: monthStart(now),
      });
      return c.json(overview);
    },
  },
];
