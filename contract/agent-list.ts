import { z } from 'zod';
import { agentState, tenantStatus } from './agent.ts';
import { pageQuery } from './api.ts';
import { tenantId } from './ids.ts';
import { tierSchema } from './tiers.ts';

/** What `GET /admin/api/agents` is asked with: each part that is given must hold. */
export const agentListQuery = pageQuery.extend({
  state: agentState.optional(),
  platform: z.string().min(1).max(253).optional(),
  tier: tierSchema.optional(),
  /** Occurs in the tenant's slug or id. */
  q: z.string().trim().max(100).default(''),
});

/** An agent as it last said of itself; looking at it touches no agent. Times are UTC ms. */
const agentListEntry = z.object({
  tenantId,
  slug: z.string(),
  platform: z.string(),
  tier: tierSchema,
  /** The tenant's. */
  status: tenantStatus,
  state: agentState,
  since: z.number().int(),
  generation: z.number().int().nonnegative(),
  /** When its next step is due; null when none is. */
  nextDueAt: z.number().int().nullable(),
  /** When it said so; null when it never has. */
  updatedAt: z.number().int().nullable(),
});
export type AgentListEntry = z.infer<typeof agentListEntry>;

/** From `GET /admin/api/agents`: those of the newest tenants first, without deleted ones. */
export const agentList = z.object({
  agents: z.array(agentListEntry),
  cursor: z.string().nullable(),
});
