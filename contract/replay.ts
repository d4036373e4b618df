import { z } from 'zod';
import { MAX_RULES, policyRule } from './policy-rule.ts';
import { REFUSAL_REASONS } from './route.ts';
import { tierSchema, workloadSchema } from './tiers.ts';

/** Calls of one replay: a page of rows for D1, and a decision of microseconds each. */
export const MAX_REPLAYED_CALLS = 1_000;

const count = z.number().int().nonnegative();
const nano = z.number().int();

/** What `POST /admin/api/routing/replay` is asked with. */
export const replayBody = z
  .strictObject({
    /** A stored version, or rules that are not; the policy in force when neither is given. */
    version: z.number().int().positive().optional(),
    rules: z.array(z.strictObject(policyRule.shape)).min(1).max(MAX_RULES).optional(),
    /** How many of the last calls. */
    calls: z.number().int().min(1).max(MAX_REPLAYED_CALLS).default(500),
    /** Only those of a tenant: id or slug. */
    tenant: z.string().min(1).max(253).optional(),
  })
  .refine(({ version, rules }) => version === undefined || rules === undefined, {
    message: 'names a version and rules: one of them is enough',
  });
export type ReplayBody = z.input<typeof replayBody>;

/** Calls that were alike, and become alike. */
export const replayGroup = z.object({
  tier: tierSchema,
  platform: z.string(),
  workload: workloadSchema,
  /** The model that answered. */
  before: z.string(),
  /** The model that the rules would ask; null where they would refuse. */
  after: z.string().nullable(),
  /** Why they would refuse; null where they would not. */
  refusal: z.enum(REFUSAL_REASONS).nullable(),
  calls: count,
  /** What was booked, at the prices of then. */
  costBeforeNano: nano,
  /** The same tokens at today's prices of the model after; nothing for what is refused. */
  costAfterNano: nano,
  /** Answers that were longer than the cap would allow; they are priced as cut to it. */
  capped: count,
});
export type ReplayGroup = z.infer<typeof replayGroup>;

const replayTotals = z.object({
  calls: count,
  /** Those that another model would answer. */
  moved: count,
  refused: count,
  capped: count,
  /** Of all calls. */
  costBeforeNano: nano,
  /** Of those that are not refused. */
  costAfterNano: nano,
  /** What the refused ones had cost: no saving, since nobody is answered for it. */
  refusedCostNano: nano,
});

/** From `POST /admin/api/routing/replay`. */
export const replayResult = z.object({
  /** The version that was tried; 0 for rules that are not stored. */
  version: count,
  /** When the first and the last of the calls were made, UTC ms; null when there are none. */
  since: count.nullable(),
  until: count.nullable(),
  totals: replayTotals,
  /** The dearest before first. */
  groups: z.array(replayGroup),
});
export type ReplayResult = z.infer<typeof replayResult>;
