import { z } from 'zod';
import { slugSchema, tenantId } from './ids.ts';
import { limitOverrides } from './limits.ts';
import { tierSchema } from './tiers.ts';

/** States of the wake machine. */
export const AGENT_STATES = [
  'asleep',
  'starting',
  'restoring',
  'booting',
  'ready',
  'draining',
  'failed',
] as const;
export const agentState = z.enum(AGENT_STATES);
export type AgentState = z.infer<typeof agentState>;

/** `deleting` until all that is a tenant's is gone; `deleted` is the tombstone that stays in D1. */
const TENANT_STATUSES = ['active', 'suspended', 'deleting', 'deleted'] as const;
export const tenantStatus = z.enum(TENANT_STATUSES);
export type TenantStatus = z.infer<typeof tenantStatus>;

/**
 * What an agent is told about its tenant. D1 is the truth; `version` grows with every change, and
 * an agent ignores a record older than the one it has.
 */
export const tenantRecord = z.object({
  id: tenantId,
  slug: slugSchema.or(z.literal('system')),
  platform: z.string().min(1).max(253),
  tier: tierSchema,
  /** An agent lives until its tenant is `deleted`. */
  status: tenantStatus.exclude(['deleted']),
  /** Normalised hostnames that may reach this agent. */
  hostnames: z.array(z.string().max(253)).max(100),
  /** Whether the container reaches the internet; null follows the tier. */
  internet: z.boolean().nullable(),
  /** The tenant's own limits in place of its tier's; null when it has none. */
  limits: limitOverrides.nullable().default(null),
  version: z.number().int().positive(),
});
export type TenantRecord = z.infer<typeof tenantRecord>;

/** One stage of a wake as people see it, with how long it took, ms. */
export const stageTiming = z.object({ stage: agentState, ms: z.number().nonnegative() });

/** What members and operators see of an agent's life at any moment. */
export const agentStatus = z.object({
  state: agentState,
  /** UTC ms since when. */
  since: z.number().int(),
  generation: z.number().int().nonnegative(),
  /** When the wake under way began, UTC ms; null when none is. */
  wakeStartedAt: z.number().int().nullable(),
  /** How long a wake is expected to take, ms, from this agent's own last ones. */
  expectedWakeMs: z.number().int(),
  /** Stages already behind the wake under way or, when ready, of the last one. */
  timings: z.array(stageTiming),
  /**
   * When failed, or draining and not saved yet: what happened, in a sentence, and when it is tried
   * again (UTC ms).
   */
  failure: z
    .object({ code: z.string(), message: z.string(), nextTryAt: z.number().int().nullable() })
    .nullable(),
});
export type AgentStatus = z.infer<typeof agentStatus>;
