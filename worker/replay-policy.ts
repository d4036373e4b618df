import { tierSchema, workloadSchema } from '../contract/tiers.ts';
import { resolveRoute, type Policy } from '../contract/policy.ts';
import { replayCalls, type BookedCall } from '../contract/replay-calls.ts';
import type { ReplayResult } from '../contract/replay.ts';
import { lastAnsweredCalls, type AnsweredCall } from '../db/queries/answered-calls.ts';
import type { Db } from '../db/queries/open.ts';
import { policiesByVersion } from '../db/queries/policies.ts';
import { policyOf } from './find-policy.ts';

/** Versions that are read to see which calls named their model: those of the newest calls. */
const MAX_VERSIONS = 20;

/**
 * Whether a program asked for the model by its name. The books don't say so: it did where the policy of
 * that call would have chosen another. Only programs can.
 */
function isNamed(row: AnsweredCall, policy: Policy | undefined): boolean {
  if (row.source !== 'api' || policy === undefined) return false;
  const { platform, model, tokens_in: promptTokens } = row;
  const tier = tierSchema.parse(row.tier);
  const workload = workloadSchema.parse(row.workload);
  const result = resolveRoute(policy, { tier, platform, workload, promptTokens });
  return !result.ok || result.route.model !== model;
}

function bookedCall(row: AnsweredCall, policy: Policy | undefined): BookedCall {
  return {
    tier: tierSchema.parse(row.tier),
    platform: row.platform,
    workload: workloadSchema.parse(row.workload),
    model: row.model,
    isNamed: isNamed(row, policy),
    tokensIn: row.tokens_in,
    tokensOut: row.tokens_out,
    tokensCached: row.tokens_cached,
    costNano: row.cost_nano,
    createdAt: row.created_at,
  };
}

/** What a policy would have made of the last calls, of one tenant or of all. */
export async function replayPolicy(
  db: Db,
  { policy, tenantId, calls }: { policy: Policy; tenantId: string | null; calls: number },
): Promise<ReplayResult> {
  const rows = await lastAnsweredCalls(db, { tenantId, limit: calls });
  const versions = new Set(
    rows.filter(({ source }) => source === 'api').map(({ policy_version }) => policy_version),
  );
  const stored = await policiesByVersion(db, [...versions].slice(0, MAX_VERSIONS));
  const policies = new Map(stored.map((row) => [row.version, policyOf(row)]));
  return replayCalls(
    policy,
    rows.map((row) => bookedCall(row, policies.get(row.policy_version))),
  );
}
