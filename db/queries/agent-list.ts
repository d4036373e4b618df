import { and, desc, eq, ne, sql } from 'drizzle-orm';
import type { AgentListEntry } from '../../contract/agent-list.ts';
import type { AgentState } from '../../contract/agent.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import type { Tier } from '../../contract/tiers.ts';
import { agents, tenants } from '../schema.ts';
import type { Db } from './open.ts';
import { afterTenant, tenantNamed, type TenantPosition } from './tenants.ts';

/** An agent of the list, and when its tenant was made: the list's order. */
export type ListedAgent = AgentListEntry & { createdAt: number };

/**
 * One page of the agents of tenants that are not deleted, as they last said of themselves: the newest
 * tenants' first, without the system's.
 */
export async function listAgents(
  db: Db,
  query: {
    q: string;
    state?: AgentState;
    platform?: string;
    tier?: Tier;
    after: TenantPosition | null;
    limit: number;
  },
): Promise<ListedAgent[]> {
  const { q, state, platform, tier, after, limit } = query;
  const where = and(
    ne(tenants.id, SYSTEM_TENANT_ID),
    ne(tenants.status, 'deleted'),
    state && eq(agents.state, state),
    platform === undefined ? undefined : eq(tenants.platform, platform),
    tier && eq(tenants.tier, tier),
    tenantNamed(q),
    after ? afterTenant(after) : undefined,
  );
  return db
    .select({
      tenantId: tenants.id,
      slug: tenants.slug,
      platform: tenants.platform,
      tier: tenants.tier,
      status: tenants.status,
      state: agents.state,
      since: agents.since,
      generation: agents.generation,
      nextDueAt: agents.nextDueAt,
      // Zero is an agent that never spoke.
      updatedAt: sql<number | null>`nullif(${agents.updatedAt}, 0)`,
      createdAt: tenants.createdAt,
    })
    .from(agents)
    .innerJoin(tenants, eq(tenants.id, agents.tenantId))
    .where(where)
    .orderBy(desc(tenants.createdAt), desc(tenants.id))
    .limit(limit);
}
