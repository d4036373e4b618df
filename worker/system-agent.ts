import { SYSTEM_TENANT_ID } from '../contract/ids.ts';
import type { TenantAddress } from '../db/queries/hostnames.ts';
import type { Db } from '../db/queries/open.ts';
import { tenantById } from '../db/queries/tenants.ts';
import { addressOf, type AgentStub } from './agent.ts';
import { recordOf } from './tenant-record.ts';

/**
 * The system tenant's agent, with its record applied: nobody creates this tenant, so nobody else
 * tells its agent. Applying a version again changes nothing.
 */
export async function systemAgent(
  db: Db,
  agentOf: (address: TenantAddress) => AgentStub,
): Promise<AgentStub> {
  const tenant = await tenantById(db, SYSTEM_TENANT_ID);
  if (!tenant) throw new Error('The migrations of D1 did not make the system tenant.');
  const agent = agentOf(addressOf(tenant));
  await agent.apply(recordOf(tenant));
  return agent;
}
