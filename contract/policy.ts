import { z } from 'zod';
import { findModel } from './models.ts';
import { tierSchema, TIERS, WORKLOADS, workloadSchema, type Tier, type Workload } from './tiers.ts';

/** Under this OpenClaw's own prompt (12,000 tokens) leaves no room: refused. */
export const MIN_CONTEXT_TOKENS = 20_000;
/** Under this long conversations lose their beginning early: a warning. */
const COMFORTABLE_CONTEXT_TOKENS = 64_000;

export const policyRule = z.object({
  /** Absent means any. The most specific matching rule wins. */
  tier: tierSchema.optional(),
  platform: z.string().min(1).max(253).optional(),
  workload: workloadSchema.optional(),
  model: z.string().min(1).max(200),
  fallback: z.string().min(1).max(200).nullable(),
  /** Time to the first byte after which the fallback is asked, ms. */
  firstByteTimeoutMs: z.number().int().min(1_000).max(120_000),
  /** Cap on the answer's tokens, always sent upstream. */
  maxOutputTokens: z.number().int().min(16).max(65_536),
});
export type PolicyRule = z.infer<typeof policyRule>;

export const policySchema = z.object({
  version: z.number().int().positive(),
  rules: z.array(policyRule).min(1).max(200),
});
export type Policy = z.infer<typeof policySchema>;

export interface RouteRequest {
  tier: Tier;
  platform: string;
  workload: Workload;
}

export interface Route {
  policyVersion: number;
  rule: number;
  model: string;
  fallback: string | null;
  firstByteTimeoutMs: number;
  maxOutputTokens: number;
  explanation: string;
}

function matches(rule: PolicyRule, request: RouteRequest): boolean {
  return (
    (rule.tier === undefined || rule.tier === request.tier) &&
    (rule.platform === undefined || rule.platform === request.platform) &&
    (rule.workload === undefined || rule.workload === request.workload)
  );
}

/** A platform outweighs a workload, which outweighs a tier; more named dimensions outweigh both. */
function specificity(rule: PolicyRule): number {
  const named = [rule.tier, rule.platform, rule.workload].filter(
    (part) => part !== undefined,
  ).length;
  return (
    named * 8 +
    (rule.platform === undefined ? 0 : 4) +
    (rule.workload === undefined ? 0 : 2) +
    (rule.tier === undefined ? 0 : 1)
  );
}

function describeRule(rule: PolicyRule): string {
  const parts = [
    rule.tier && `tier ${rule.tier}`,
    rule.platform && `platform ${rule.platform}`,
    rule.workload && `workload ${rule.workload}`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : 'anything';
}

/**
 * The route of a request: the most specific matching rule, the earlier one on a tie. Pure, so that
 * whoever explains a route runs the very function that the agent runs.
 * Returns null when no rule matches, which validation of a policy excludes.
 */
export function resolveRoute(policy: Policy, request: RouteRequest): Route | null {
  let best: { rule: PolicyRule; index: number } | null = null;
  let considered = 0;
  for (const [index, rule] of policy.rules.entries()) {
    if (!matches(rule, request)) continue;
    considered += 1;
    if (!best || specificity(rule) > specificity(best.rule)) best = { rule, index };
  }
  if (!best) return null;
  const { rule, index } = best;
  const others = considered - 1;
  return {
    policyVersion: policy.version,
    rule: index,
    model: rule.model,
    fallback: rule.fallback,
    firstByteTimeoutMs: rule.firstByteTimeoutMs,
    maxOutputTokens: rule.maxOutputTokens,
    explanation:
      `Rule ${index + 1} of policy ${policy.version} (${describeRule(rule)}) is the most specific for ` +
      `tier ${request.tier}, platform ${request.platform}, workload ${request.workload}` +
      (others > 0
        ? `; ${others} more general ${others === 1 ? 'rule' : 'rules'} matched too.`
        : '.'),
  };
}

export interface PolicyProblem {
  severity: 'error' | 'warning';
  message: string;
}

function modelProblems(id: string, where: string): PolicyProblem[] {
  const model = findModel(id);
  if (!model)
    return [{ severity: 'error', message: `${where}: ${id} is not in the model catalog.` }];
  if (model.retiredSince) {
    const successor = model.successor ? ` Use ${model.successor}.` : '';
    return [
      {
        severity: 'error',
        message: `${where}: ${id} was retired on ${model.retiredSince}.${successor}`,
      },
    ];
  }
  if (model.contextWindow !== null && model.contextWindow < MIN_CONTEXT_TOKENS) {
    return [
      {
        severity: 'error',
        message: `${where}: ${id} holds ${model.contextWindow} tokens, under ${MIN_CONTEXT_TOKENS}.`,
      },
    ];
  }
  if (model.contextWindow !== null && model.contextWindow < COMFORTABLE_CONTEXT_TOKENS) {
    return [
      {
        severity: 'warning',
        message: `${where}: ${id} holds only ${model.contextWindow} tokens; long conversations will lose their beginning.`,
      },
    ];
  }
  return [];
}

/** Everything wrong with a policy, against the catalog and against every tier and workload. */
export function policyProblems(policy: Policy, platforms: readonly string[]): PolicyProblem[] {
  const problems = policy.rules.flatMap((rule, index) => [
    ...modelProblems(rule.model, `rule ${index + 1}, model`),
    ...(rule.fallback === null ? [] : modelProblems(rule.fallback, `rule ${index + 1}, fallback`)),
  ]);
  for (const platform of platforms) {
    for (const tier of TIERS) {
      for (const workload of WORKLOADS) {
        if (!resolveRoute(policy, { tier, platform, workload })) {
          problems.push({
            severity: 'error',
            message: `No rule for tier ${tier}, platform ${platform}, workload ${workload}.`,
          });
        }
      }
    }
  }
  return problems;
}
