import { z } from 'zod';
import { limits } from './limits.ts';
import { budgetView } from './notices.ts';

/**
 * From a tenant's `GET /api/allowance`: what its agent may use, and what it has used of it in the
 * windows that are (UTC). All members are told: what is used up is used up for all of them.
 */
export const allowanceView = z.object({
  limits,
  today: z.object({
    /** First moment of the day, UTC ms. */
    start: z.number().int(),
    usedTokens: z.number().int(),
    renewsAt: z.number().int(),
  }),
  budget: budgetView,
  /** When it was read, UTC ms. */
  at: z.number().int(),
});
export type AllowanceView = z.infer<typeof allowanceView>;
