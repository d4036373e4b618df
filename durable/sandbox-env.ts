import type { TenantRecord } from '../contract/agent.ts';
import { findModel } from '../contract/models.ts';
import { resolveRoute, type Policy } from '../contract/policy.ts';
import { INSTANCE_MEMORY_MB, TIER_CONFIG, WORKLOADS } from '../contract/tiers.ts';
import { MODELS_HOST, STATE_HOST } from './internal-hosts.ts';
import type { WakeState } from './wake.ts';

/** What OpenClaw is told of a model whose context the catalog doesn't know, in tokens. */
const DEFAULT_CONTEXT_TOKENS = 32_000;

/**
 * The environment a generation starts with. It holds no system secret: the two tokens are of this
 * generation, and open nothing outside its container.
 */
export function sandboxEnv(options: {
  wake: WakeState;
  record: TenantRecord;
  policy: Policy;
  /** On a developer's own machine OpenClaw's dangerous tools are denied. */
  safeTools: boolean;
}): Record<string, string> {
  const { wake, record, policy, safeTools } = options;
  const tier = TIER_CONFIG[record.tier];
  const models = WORKLOADS.map((workload) => {
    const { tier: of, platform } = record;
    const resolved = resolveRoute(policy, { tier: of, platform, workload });
    const route = resolved.ok ? resolved.route : null;
    const context = route && findModel(route.model)?.contextWindow;
    return {
      id: workload,
      contextWindow: context ?? DEFAULT_CONTEXT_TOKENS,
      maxTokens: route?.maxOutputTokens ?? 1_024,
    };
  });
  return {
    // Tells whose container it is, to whoever looks at it; it opens nothing.
    SK_TENANT_ID: record.id,
    SK_GENERATION: String(wake.generation),
    SK_SUPERVISOR_TOKEN: wake.tokens?.supervisor ?? '',
    OPENCLAW_GATEWAY_TOKEN: wake.tokens?.gateway ?? '',
    SK_MODELS_URL: `http://${MODELS_HOST}/v1`,
    SK_STATE_URL: `http://${STATE_HOST}/snapshot`,
    SK_RESTORE: wake.restore === null ? '' : JSON.stringify(wake.restore),
    SK_OPENCLAW: JSON.stringify({
      models,
      defaultModel: 'chat',
      tools: safeTools ? 'safe' : 'full',
      web: record.internet ?? tier.internet,
      memoryMb: INSTANCE_MEMORY_MB[tier.instance],
    }),
  };
}
