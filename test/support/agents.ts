import { agentInspection, type AgentInspection, type CreatedTenant } from '../../contract/api.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';

/** A wake takes some ten seconds on a quiet machine; this is a hang, ms. */
const STATE_TIMEOUT_MS = 400_000;
const POLL_MS = 200;

/** An agent as an operator sees it. */
export async function inspect(url: string, tenantId: string): Promise<AgentInspection> {
  return agentInspection.parse(await new LocalAdmin(url).call('GET', `/agents/${tenantId}`));
}

/** Looks at an agent until it is as wanted. Looking moves nothing. */
export async function untilAgent(
  url: string,
  tenantId: string,
  wanted: (agent: AgentInspection) => boolean,
): Promise<AgentInspection> {
  const deadline = Date.now() + STATE_TIMEOUT_MS;
  for (;;) {
    const agent = await inspect(url, tenantId);
    if (wanted(agent)) return agent;
    if (Date.now() > deadline)
      throw new Error(`the agent stays as it is: ${JSON.stringify(agent)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A new tenant with its invite. */
export async function newTenant(
  url: string,
  tier = 'premium',
): Promise<CreatedTenant & { invite: object }> {
  const tenant = await new LocalAdmin(url).createTenant({ platform: 'streamkinetics.com', tier });
  const { invite } = tenant;
  if (!invite) throw new Error('the tenant came without an invite');
  return { ...tenant, invite };
}

/** Puts an agent to sleep and waits until it is. */
export async function asleep(url: string, tenantId: string): Promise<AgentInspection> {
  await new LocalAdmin(url).sleep(tenantId);
  return untilAgent(url, tenantId, ({ agent }) => agent.state === 'asleep');
}
