import { z } from 'zod';
import { tierSchema, workloadSchema, type Tier, type Workload } from './tiers.ts';

/** Rules of one policy: every platform, tier and workload of a dozen platforms. */
export const MAX_RULES = 200;

export const platformName = z.string().min(1).max(253);
export const modelName = z.string().min(1).max(200);

export const policyRule = z.object({
  /** Absent means any. The most specific matching rule wins. */
  tier: tierSchema.optional(),
  platform: platformName.optional(),
  workload: workloadSchema.optional(),
  model: modelName,
  fallback: modelName.nullable(),
  /** Time to the first byte after which the fallback is asked, ms. */
  firstByteTimeoutMs: z.number().int().min(1_000).max(120_000),
  /** Cap on the answer's tokens, always sent upstream. */
  maxOutputTokens: z.number().int().min(16).max(65_536),
});
export type PolicyRule = z.infer<typeof policyRule>;

export const policySchema = z.object({
  version: z.number().int().positive(),
  rules: z.array(policyRule).min(1).max(MAX_RULES),
});
export type Policy = z.infer<typeof policySchema>;

/** The version of rules that are not stored. */
export const DRAFT_VERSION = 0;

/** What rules are chosen by. */
export interface Combination {
  tier: Tier;
  platform: string;
  workload: Workload;
}

export const DIMENSIONS = ['tier', 'platform', 'workload'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The dimensions in which a rule is about something else; none when it matches. */
export function mismatches(rule: PolicyRule, combination: Combination): Dimension[] {
  return DIMENSIONS.filter(
    (dimension) => rule[dimension] !== undefined && rule[dimension] !== combination[dimension],
  );
}

/** Whether a rule is about a combination. */
export function matches(rule: PolicyRule, { tier, platform, workload }: Combination): boolean {
  return (
    (rule.tier === undefined || rule.tier === tier) &&
    (rule.platform === undefined || rule.platform === platform) &&
    (rule.workload === undefined || rule.workload === workload)
  );
}

/**
 * A platform outweighs a workload, which outweighs a tier; more named dimensions outweigh both. Two
 * rules that match the same combination weigh the same only when they name the same.
 */
export function specificity({ tier, platform, workload }: Pick<PolicyRule, Dimension>): number {
  const named = [tier, platform, workload].filter((part) => part !== undefined).length;
  return (
    named * 8 +
    (platform === undefined ? 0 : 4) +
    (workload === undefined ? 0 : 2) +
    (tier === undefined ? 0 : 1)
  );
}

export interface RankedRule {
  rule: PolicyRule;
  index: number;
  specificity: number;
}

/** The rules that match, the most specific first, of equal ones the earlier. */
export function rankRules(policy: Policy, combination: Combination): RankedRule[] {
  const ranked: RankedRule[] = [];
  for (const [index, rule] of policy.rules.entries()) {
    if (matches(rule, combination)) ranked.push({ rule, index, specificity: specificity(rule) });
  }
  return ranked.toSorted((a, b) => b.specificity - a.specificity);
}

/** The models of a rule, each once: its own, then its fallback. */
export function modelsOf(rule: Pick<PolicyRule, 'model' | 'fallback'>): string[] {
  const { model, fallback } = rule;
  return fallback === null || fallback === model ? [model] : [model, fallback];
}

/** Two rules of the same key are about the same, and the later can't win. */
export function ruleKey(rule: Pick<PolicyRule, Dimension>): string {
  return JSON.stringify(DIMENSIONS.map((dimension) => rule[dimension] ?? null));
}

/** What a rule is about, in words. */
export function describeRule(rule: Pick<PolicyRule, Dimension>): string {
  const parts = DIMENSIONS.filter((dimension) => rule[dimension] !== undefined).map(
    (dimension) => `${dimension} ${rule[dimension]}`,
  );
  return parts.length > 0 ? parts.join(', ') : 'anything';
}
