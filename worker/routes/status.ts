import type { StatusPart, StatusView } from '../../contract/status.ts';
import { admitAddressOf, logFailure, type EdgeContext } from '../context.ts';
import { healthChecksOf, runChecks } from '../health-checks.ts';
import type { RouteSpec } from '../route.ts';

/** The operators' checks that cost nothing, by what people are told of them. */
const PARTS: Record<string, StatusPart> = { d1: 'records', kv: 'directory', r2: 'snapshots' };

/** Tries what everybody may know of. Says what works, and never why something does not. */
async function findOut(c: EdgeContext, now: number): Promise<StatusView> {
  const { deps } = c.var;
  const checks = healthChecksOf(c.env, deps).filter(({ name }) => name in PARTS);
  const found = await runChecks(checks, {
    now: deps.now,
    onFailure: (name, error) => logFailure(c, `status.${name}.failed`, error),
  });
  const parts = found.checks.flatMap(({ name, ok }) => {
    const part = PARTS[name];
    return part === undefined ? [] : [{ part, ok }];
  });
  // Whoever reads this has been answered by the edge.
  return { ok: found.ok, parts: [{ part: 'edge', ok: true }, ...parts], checkedAt: now };
}

/** `GET /status.json` on the system's own hosts: how it is, for everybody. */
export const statusRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/status.json',
    on: ['system'],
    action: 'system.status',
    anonymous: true,
    async handle(c) {
      await admitAddressOf(c, 'PUBLIC_LIMIT');
      const { status, now } = c.var.deps;
      const at = now();
      const known = status.get(at);
      if (known) return c.json(known);
      const found = await findOut(c, at);
      status.put(found);
      return c.json(found);
    },
  },
];
