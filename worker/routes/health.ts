import { logFailure } from '../context.ts';
import { healthChecksOf, runChecks } from '../health-checks.ts';
import type { RouteSpec } from '../route.ts';

/** `GET /admin/api/health`: each binding and service, tried now. */
export const healthRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/health',
    on: ['system'],
    action: 'system.health',
    async handle(c) {
      const { deps } = c.var;
      const checks = await runChecks(healthChecksOf(c.env, deps), {
        now: deps.now,
        onFailure: (name, error) => logFailure(c, `health.${name}.failed`, error),
      });
      const versionId = c.env.CF_VERSION_METADATA?.id ?? null;
      return c.json({ ...checks, versionId }, checks.ok ? 200 : 503);
    },
  },
];
