import { z } from 'zod';
import type { PolicyRule } from '../../../contract/policy-rule.ts';
import type { LimitChanges } from '../../../contract/limits.ts';
import type { LocalAdmin } from '../../../local/runner/admin.ts';

/** As short as a policy may say, so that a model that hangs holds up a run by a second. */
const PATIENCE = { firstByteTimeoutMs: 1_000, maxOutputTokens: 1_024 };
const FLASH = '@cf/zai-org/glm-4.7-flash';

/** Each workload on a model of its own; of one of them no other model is asked when it fails. */
export const RULES = [
  { workload: 'chat', model: FLASH, fallback: '@cf/openai/gpt-oss-20b', ...PATIENCE },
  { workload: 'summarize', model: '@cf/openai/gpt-oss-120b', fallback: FLASH, ...PATIENCE },
  { workload: 'monitor', model: '@cf/openai/gpt-oss-20b', fallback: null, ...PATIENCE },
] as const satisfies readonly PolicyRule[];

/** Above all that a run can use: what is counted here are losses, not refusals. */
export const LIMITS: LimitChanges = {
  maxCallsPerMinute: 1_000_000,
  // Intents that a kill left open count as calls under way for ten minutes.
  maxConcurrentCalls: 1_000_000,
  maxTokensPerDay: 1_000_000_000_000,
  maxNanoPerMonth: 1_000_000_000_000_000,
};

/** Puts the rules in force, before any agent has a copy of others. */
export async function setPolicy(admin: LocalAdmin): Promise<void> {
  const active = z.object({ version: z.number() });
  const { version } = active.parse(await admin.call('GET', '/routing/policies/active'));
  await admin.call('POST', '/routing/policies', {
    rules: RULES,
    note: 'Short time-outs.',
    basedOn: version,
    activate: true,
  });
}
