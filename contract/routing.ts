import { z } from 'zod';
import { MAX_PAGE } from './api.ts';
import type { CatalogModel } from './model-catalog.ts';
import type { PolicyDiff } from './policy-diff.ts';
import type { PolicyProblem } from './policy-problems.ts';
import { MAX_RULES, modelName, platformName, policyRule } from './policy-rule.ts';
import type { RouteExplanation } from './explain-route.ts';
import { REFUSAL_REASONS } from './route.ts';
import { tierSchema, workloadSchema } from './tiers.ts';

/* What operators do with policies, under `/admin/api/routing`. */

/** Longest body with rules, bytes: 200 rules whose every name is as long as it may be. */
export const MAX_POLICY_BODY_BYTES = 256 * 1_024;
/** An agent's copy of the policy is never older while D1 answers, s. */
export const POLICY_IN_FORCE_WITHIN_S = 60;
/** Larger than any prompt that a request can carry. */
const MAX_PROMPT_TOKENS = 100_000_000;

export const policyVersion = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const storedVersion = z.number().int().positive();

const rules = z.array(z.strictObject(policyRule.shape)).min(1).max(MAX_RULES);
const note = z.string().trim().min(1).max(500);

export const policyListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  /** The last version of the page before. */
  cursor: policyVersion.optional(),
});

export const createPolicyBody = z.strictObject({
  rules,
  /** Why, for whoever reads the list. */
  note,
  /** The newest version that its author knows: the rules are a change of that one. */
  basedOn: storedVersion,
  /** Puts it in force in the same step. */
  activate: z.boolean().default(false),
});
export type CreatePolicyBody = z.infer<typeof createPolicyBody>;

export const checkPolicyBody = z.strictObject({ rules });

/** The version to compare with; the one in force when not given. */
export const policyDiffQuery = z.object({ from: policyVersion.optional() });

export const explainRouteBody = z
  .strictObject({
    tier: tierSchema,
    /** The first platform of the system when not given. */
    platform: platformName.optional(),
    workload: workloadSchema.default('chat'),
    promptTokens: z.number().int().nonnegative().max(MAX_PROMPT_TOKENS).optional(),
    model: modelName.optional(),
    /** A stored version, or rules that are not; the policy in force when neither is given. */
    version: storedVersion.optional(),
    rules: rules.optional(),
  })
  .refine(({ version, rules: draft }) => version === undefined || draft === undefined, {
    message: 'names a version and rules: one of them is enough',
  });

export type ExplainRouteBody = z.infer<typeof explainRouteBody>;

/** From `GET models`. */
export const modelList = z.object({
  models: z.array(
    z.object({
      id: z.string(),
      contextWindow: z.number().int().nullable(),
      priceIn: z.number().int(),
      priceOut: z.number().int(),
      priceCached: z.number().int().nullable(),
      tools: z.boolean(),
      vision: z.boolean(),
      retiredSince: z.string().nullable(),
      successor: z.string().nullable(),
      source: z.string(),
      asOf: z.string(),
    }),
  ) satisfies z.ZodType<CatalogModel[]>,
  priceVersion: z.string(),
  /** The platforms of the system, which rules may name too; the first is the default. */
  platforms: z.array(z.string()).default([]),
});

const policySummary = z.object({
  version: storedVersion,
  /** The operator who made it. */
  author: z.string(),
  note: z.string(),
  createdAt: z.number().int(),
  active: z.boolean(),
});

/** From `GET policies`, the newest first. */
export const policyList = z.object({
  policies: z.array(policySummary.extend({ ruleCount: z.number().int() })),
  cursor: z.number().int().nullable(),
});

/** From `GET policies/:version`. */
export const policyView = policySummary.extend({ rules: z.array(policyRule) });
export type PolicyView = z.infer<typeof policyView>;

/** From `GET policies/active`. */
export const activePolicyView = policyView.extend({
  /** The version that a rollback goes to; null when there is none. */
  previous: storedVersion.nullable(),
  activatedAt: z.number().int(),
});

/** 201 from `POST policies`. */
export const createdPolicy = policyView.extend({ warnings: z.array(z.string()) });
export type CreatedPolicy = z.infer<typeof createdPolicy>;

/** From `POST policies/check`. */
export const checkedPolicy = z.object({
  /** Whether it could be stored: it has no errors. */
  ok: z.boolean(),
  problems: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      rule: z.number().int().nullable(),
      message: z.string(),
    }),
  ) satisfies z.ZodType<PolicyProblem[]>,
});

/** From `POST policies/:version/activate` and `POST rollback`. */
export const policyActivation = z.object({
  version: storedVersion,
  previous: storedVersion.nullable(),
  inForceWithinS: z.number().int(),
});
export type PolicyActivation = z.infer<typeof policyActivation>;

const ruleOnOneSide = z.object({ rule: z.number().int(), description: z.string() });
const fieldValue = z.union([z.string(), z.number(), z.null()]);
const combinationRoute = policyRule
  .pick({ model: true, fallback: true, firstByteTimeoutMs: true, maxOutputTokens: true })
  .extend({ rule: z.number().int(), priceIn: z.number().int(), priceOut: z.number().int() });

/** From `GET policies/:version/diff`. */
export const policyDiff = z.object({
  from: storedVersion,
  to: storedVersion,
  added: z.array(ruleOnOneSide),
  removed: z.array(ruleOnOneSide),
  changed: z.array(
    z.object({
      description: z.string(),
      before: z.number().int(),
      after: z.number().int(),
      fields: z.array(
        z.object({
          field: z.enum(['model', 'fallback', 'firstByteTimeoutMs', 'maxOutputTokens']),
          before: fieldValue,
          after: fieldValue,
        }),
      ),
    }),
  ),
  combinations: z.array(
    z.object({
      tier: tierSchema,
      platform: z.string().nullable(),
      workload: workloadSchema,
      before: combinationRoute.nullable(),
      after: combinationRoute.nullable(),
    }),
  ),
}) satisfies z.ZodType<PolicyDiff>;

const considered = {
  explanation: z.string(),
  considered: z.array(
    z.object({ rule: z.number().int(), description: z.string(), verdict: z.string() }),
  ),
  models: z.array(
    z.object({
      id: z.string(),
      role: z.enum(['primary', 'fallback', 'general', 'named']),
      verdict: z.string(),
    }),
  ),
};

/** From `POST explain`. */
export const routeExplanation = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    route: combinationRoute
      .omit({ priceIn: true, priceOut: true })
      .extend({ policyVersion: z.number().int().nonnegative() }),
    ...considered,
  }),
  z.object({
    ok: z.literal(false),
    reason: z.enum(REFUSAL_REASONS),
    message: z.string(),
    ...considered,
  }),
]) satisfies z.ZodType<RouteExplanation>;
