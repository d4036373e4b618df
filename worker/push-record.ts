import { markApplied } from '../db/queries/agents.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { addressOf } from './agent.ts';
import { dbOf, logFailure, type EdgeContext } from './context.ts';
import { recordOf } from './tenant-record.ts';

/**
 * Tells a tenant's agent its newest record. False when that failed: what is in D1 stays, and cron
 * sends it again.
 */
export async function pushRecord(c: EdgeContext, tenant: TenantDetail): Promise<boolean> {
  try {
    const agent = c.var.deps.agentOf(c.env, addressOf(tenant));
    const { version } = await agent.apply(recordOf(tenant));
    await markApplied(dbOf(c), { tenantId: tenant.id, version, now: c.var.deps.now() });
    return version >= tenant.version;
  } catch (error) {
    logFailure(c, 'agent.apply.failed', error);
    return false;
  }
}
