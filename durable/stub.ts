import { sandboxIdOf } from '../contract/ids.ts';
import type { AgentEnv } from './env.ts';
import type { AgentStub } from './rpc.ts';

/**
 * The one way to a tenant's agent: the id names it, never the slug. `locationHint` counts only when
 * the object is made.
 */
export function agentStub(
  env: Pick<AgentEnv, 'TENANT_AGENT'>,
  tenantId: string,
  locationHint?: DurableObjectLocationHint,
): AgentStub {
  const stub = env.TENANT_AGENT.getByName(sandboxIdOf(tenantId), { locationHint });
  // The class itself would drag the whole agent into the types of everyone who asks it something.
  return stub as unknown as AgentStub;
}
