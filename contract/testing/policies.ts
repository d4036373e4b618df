import fc from 'fast-check';
import { MODEL_CATALOG } from '../models.ts';
import type { Policy, PolicyRule } from '../policy-rule.ts';
import type { RouteRequest } from '../route.ts';
import { TIERS, WORKLOADS } from '../tiers.ts';

export const FLASH = '@cf/zai-org/glm-4.7-flash';
export const OSS = '@cf/openai/gpt-oss-120b';
export const KIMI = '@cf/moonshotai/kimi-k2.6';
/** 24,000 tokens: the smallest of those that still answer. */
export const SMALL = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
/** Publishes no context window, and calls no tools. */
export const WINDOWLESS = '@cf/meta/llama-3.1-8b-instruct-fp8-fast';
export const RETIRED = '@cf/meta/llama-3.1-8b-instruct';
export const PLATFORMS = ['a.com', 'b.com'];

/** A rule for anything, and what is said otherwise. */
function ruleWith(partial: Partial<PolicyRule>): PolicyRule {
  return {
    model: FLASH,
    fallback: null,
    firstByteTimeoutMs: 20_000,
    maxOutputTokens: 1_000,
    ...partial,
  };
}

export function policyWith(...rules: Partial<PolicyRule>[]): Policy {
  return { version: 7, rules: rules.map(ruleWith) };
}

const models = fc.constantFrom('@cf/nobody/nothing', ...MODEL_CATALOG.map(({ id }) => id));
const platforms = fc.constantFrom(...PLATFORMS);
const tokens = fc.nat(1_200_000);

/** Any rule, its model and fallback retired or unknown ones now and then. */
export const anyRule: fc.Arbitrary<PolicyRule> = fc
  .record(
    {
      tier: fc.constantFrom(...TIERS),
      platform: platforms,
      workload: fc.constantFrom(...WORKLOADS),
      model: models,
      fallback: fc.option(models),
      firstByteTimeoutMs: fc.integer({ min: 1_000, max: 120_000 }),
      maxOutputTokens: fc.integer({ min: 16, max: 65_536 }),
    },
    { requiredKeys: ['model', 'fallback', 'firstByteTimeoutMs', 'maxOutputTokens'] },
  )
  .map((rule) => rule as PolicyRule);

/** Any policy, also one that validation would refuse. */
export const anyPolicy: fc.Arbitrary<Policy> = fc
  .array(anyRule, { minLength: 1, maxLength: 12 })
  .map((rules) => ({ version: 7, rules }));

/** A request for a prompt of any size, now and then with a model of its own. */
export const anyRequest: fc.Arbitrary<RouteRequest> = fc
  .record(
    {
      tier: fc.constantFrom(...TIERS),
      platform: platforms,
      workload: fc.constantFrom(...WORKLOADS),
      promptTokens: tokens,
      largerThan: tokens,
      model: models,
    },
    { requiredKeys: ['tier', 'platform', 'workload'] },
  )
  .map((request) => request as RouteRequest);
