import { z } from 'zod';

/** What became of a generation: it got ready, it never did, or it was ready and got lost. */
export const wakeOutcome = z.enum(['ready', 'failed', 'lost']);
export type WakeOutcome = z.infer<typeof wakeOutcome>;

export const wakeResult = z.object({
  generation: z.number().int().positive(),
  outcome: wakeOutcome,
  /** UTC ms. */
  at: z.number().int(),
  /** Since the wake began; of a lost one, how long its last state had lasted. */
  ms: z.number().int().nonnegative(),
});
export type WakeResult = z.infer<typeof wakeResult>;
