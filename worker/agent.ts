import { createTenantBody } from '../contract/api.ts';
import { sandboxIdOf } from '../contract/ids.ts';
import type { TenantAddress } from '../db/queries/hostnames.ts';
import type { TenantAgentRpc } from '../durable/rpc.ts';

/** A tenant's agent as the edge sees it: its RPC methods, and `fetch` for the chat socket. */
export type AgentStub = TenantAgentRpc & Pick<Fetcher, 'fetch'>;

const locationHint = createTenantBody.shape.region.catch(undefined);

/**
 * The one way to a tenant's agent. The id names it, never the slug. The region counts only when the
 * object is made, so every caller that knows it passes it.
 */
export function agentOf(
  env: { TENANT_AGENT: DurableObjectNamespace },
  address: TenantAddress,
): AgentStub {
  const stub = env.TENANT_AGENT.getByName(sandboxIdOf(address.tenantId), {
    locationHint: locationHint.parse(address.region ?? undefined),
  });
  // The namespace's type cannot name the class without the edge importing the whole agent.
  return stub as unknown as AgentStub;
}
