import { createTenantBody } from '../contract/api.ts';
import type { TenantAddress } from '../db/queries/hostnames.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { agentStub, type AgentEnv, type TenantAgentRpc } from '../durable/index.ts';

/**
 * A tenant's agent as the edge sees it: what edges may ask, and `fetch` for the chat socket. What
 * only the egress may ask is not there.
 */
export type AgentStub = TenantAgentRpc & Pick<Fetcher, 'fetch'>;

/** Where a tenant's agent is. */
export function addressOf({ id, region }: Pick<TenantDetail, 'id' | 'region'>): TenantAddress {
  return { tenantId: id, region };
}

const locationHint = createTenantBody.shape.region.catch(undefined);

/**
 * The edge's one way to a tenant's agent. The region counts only when the object is made, so every
 * caller that knows it passes it.
 */
export function agentOf(env: Pick<AgentEnv, 'TENANT_AGENT'>, address: TenantAddress): AgentStub {
  return agentStub(env, address.tenantId, locationHint.parse(address.region ?? undefined));
}
