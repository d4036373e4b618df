import type { Policy } from './policy.ts';

/**
 * Policy version 1, written at the first start: premium and enterprise get the high-quality models,
 * free and all background work the fast one; every rule falls back to a fast model (charter: Routing
 * Rubric).
 */
export const SEED_POLICY: Policy = {
  version: 1,
  rules: [
    {
      model: '@cf/zai-org/glm-4.7-flash',
      fallback: '@cf/openai/gpt-oss-120b',
      firstByteTimeoutMs: 20_000,
      maxOutputTokens: 4_096,
    },
    {
      tier: 'premium',
      workload: 'chat',
      model: '@cf/moonshotai/kimi-k2.6',
      fallback: '@cf/zai-org/glm-4.7-flash',
      firstByteTimeoutMs: 30_000,
      maxOutputTokens: 8_192,
    },
    {
      tier: 'enterprise',
      workload: 'chat',
      model: '@cf/moonshotai/kimi-k2.6',
      fallback: '@cf/zai-org/glm-4.7-flash',
      firstByteTimeoutMs: 30_000,
      maxOutputTokens: 16_384,
    },
  ],
};
