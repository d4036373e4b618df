import { z } from 'zod';
import { agentState, tenantStatus } from './agent.ts';
import { attention } from './attention.ts';
import { tierSchema } from './tiers.ts';
import { usageSums } from './usage.ts';

/** Routes in the table of refusals; what was refused on others is in its sums only. */
export const MAX_REFUSED_ROUTES = 30;

const count = z.number().int().nonnegative();

const wakeSums = z.object({
  ready: count,
  failed: count,
  lost: count,
  /** Of those that got ready, ms; null when none did. */
  meanMs: z.number().nullable(),
  maxMs: z.number().nullable(),
});
export type WakeSums = z.infer<typeof wakeSums>;

const refusalCounts = z.object({ today: count, yesterday: count });

/**
 * From `GET /admin/api/overview`: the system in numbers, all of them from D1. Days are UTC. The built-in
 * tenant is in none of them but `usage.system`.
 */
export const overviewView = z.object({
  /** When this was read, UTC ms. */
  at: z.number().int(),
  agents: z.object({
    /** Every state, also those that none is in. */
    states: z.array(z.object({ state: agentState, count })),
    /** Tenants whose agent has said nothing yet. */
    unheard: count,
  }),
  /** Without those that are deleted. */
  tenants: z.array(z.object({ tier: tierSchema, status: tenantStatus, count })),
  /** `yesterday` ends at this time of day. */
  wakes: z.object({ today: wakeSums, yesterday: wakeSums }),
  /** `yesterday` is the whole day: sums are kept by day. */
  usage: z.object({
    today: usageSums,
    yesterday: usageSums,
    /** The built-in tenant's, today. */
    system: usageSums,
    /** When the newest booked attempt was settled, UTC ms; null when none was. */
    asOf: z.number().int().nullable(),
  }),
  /** Of the edge, by route; `yesterday` is the whole day. */
  refusals: z.object({
    byStatus: z.array(refusalCounts.extend({ status: z.number().int() })),
    /** Today's most frequent first. */
    byRoute: z.array(refusalCounts.extend({ route: z.string(), status: z.number().int() })),
  }),
  attention,
});
export type Overview = z.infer<typeof overviewView>;
