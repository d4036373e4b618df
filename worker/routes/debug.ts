import { debugLogQuery, debugTenantQuery } from '../../contract/debug.ts';
import { addressOf, type AgentStub } from '../agent.ts';
import { bookCommand } from '../book-command.ts';
import { dbOf, type EdgeContext } from '../context.ts';
import { describeEnv } from '../debug-env.ts';
import { findOrdinaryTenant } from '../find-tenant.ts';
import { readQuery } from '../read-body.ts';
import { RELEASE } from '../release.ts';
import type { RouteSpec } from '../route.ts';

/** A route that is there with DEBUG_ROUTES only; without it not even an admin learns that it could be. */
function debugRoute(name: string, handle: RouteSpec['handle']): RouteSpec {
  return {
    method: 'GET',
    path: `/admin/api/debug/${name}`,
    on: ['system'],
    action: 'system.debug',
    isThere: (env) => env.DEBUG_ROUTES === 'true',
    handle,
  };
}

/** The agent to look into. Each look is booked: what a tenant's tools print may be private. */
async function lookAt(c: EdgeContext, named: string, what: string): Promise<AgentStub> {
  const tenant = await findOrdinaryTenant(dbOf(c), named);
  await bookCommand(c, { tenant, action: `debug.${what}` });
  return c.var.deps.agentOf(c.env, addressOf(tenant));
}

/** What admins see of the inside, with DEBUG_ROUTES only (charter). They wake no agent. */
export const debugRoutes: readonly RouteSpec[] = [
  debugRoute('request', (c) =>
    c.json({ url: c.req.url, place: c.var.place, caller: c.var.caller }),
  ),
  debugRoute('version', (c) => c.json(RELEASE)),
  debugRoute('env', (c) => c.json(describeEnv(c.env))),
  debugRoute('processes', async (c) => {
    const { tenant } = readQuery(new URL(c.req.url), debugTenantQuery);
    return c.json(await (await lookAt(c, tenant, 'processes')).sandboxProcesses());
  }),
  debugRoute('logs', async (c) => {
    const { tenant, lines } = readQuery(new URL(c.req.url), debugLogQuery);
    return c.json(await (await lookAt(c, tenant, 'logs')).sandboxLogs({ lines }));
  }),
];
