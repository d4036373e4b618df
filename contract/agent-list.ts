import { z } from 'zod';
import { agentState, tenantStatus } from './agent.ts';
import { pageQuery } from './api.ts';
import { tenantId } from './ids.ts';
import { tierSchema } from './tiers.ts';

/** What the list may be sorted by: tiers by what they offer, states by their order in a life. */
export const AGENT_SORTS = ['created', 'slug', 'since', 'tier', 'state'] as const;
const agentSort = z.enum(AGENT_SORTS);
export type AgentSort = z.infer<typeof agentSort>;

export const LIST_ORDERS = ['asc', 'desc'] as const;
const listOrder = z.enum(LIST_ORDERS);
export type ListOrder = z.infer<typeof listOrder>;

/** The order of a sort when none is asked for: the newest, and the states that matter most, first. */
export function defaultOrder(sort: AgentSort): ListOrder {
  return sort === 'slug' || sort === 'tier' ? 'asc' : 'desc';
}

/**
 * Why a person should look: its last wake failed; or it is overdue, its tenant's record has not reached
 * it, or its tenant's deletion is not complete, and cron has not mended that for a quarter of an hour.
 */
export const ATTENTION_REASONS = ['failed', 'overdue', 'behind', 'deleting'] as const;
const attentionReason = z.enum(ATTENTION_REASONS);
export type AttentionReason = z.infer<typeof attentionReason>;

/** What `GET /admin/api/agents` is asked with: each part that is given must hold. */
export const agentListQuery = pageQuery.extend({
  state: agentState.optional(),
  platform: z.string().min(1).max(253).optional(),
  tier: tierSchema.optional(),
  /** The tenant's; all that are not deleted, when not given. */
  status: tenantStatus.optional(),
  /** Only those that a person should look at. */
  attention: z.stringbool().default(false),
  /** Occurs in the tenant's slug or id. */
  q: z.string().trim().max(100).default(''),
  sort: agentSort.default('created'),
  /** `defaultOrder` when not given. */
  order: listOrder.optional(),
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
  /** When its tenant was made. */
  createdAt: z.number().int(),
  /** Empty when nobody needs to look. */
  attention: z.array(attentionReason),
});
export type AgentListEntry = z.infer<typeof agentListEntry>;

/** From `GET /admin/api/agents`: those of the newest tenants first, unless sorted otherwise. */
export const agentList = z.object({
  agents: z.array(agentListEntry),
  cursor: z.string().nullable(),
  /** All that match, not only this page's. */
  total: z.number().int().nonnegative(),
});
