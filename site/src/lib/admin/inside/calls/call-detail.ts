import type { AttemptView, CallView } from '../../../../../../contract/agent-calls.ts';
import type { RouteExplanation } from '../../../../../../contract/explain-route.ts';
import { tierSchema, workloadSchema } from '../../../../../../contract/tiers.ts';
import type { UsageRow } from '../../../../../../contract/usage.ts';
import type { InsideApi } from '../inside-api.ts';

/** A call as far as it is known, and why it went to the models it went to; null where that can't be said. */
export interface CallDetail {
  call: CallView;
  route: RouteExplanation | null;
}

function attemptOf(row: UsageRow): AttemptView {
  return {
    id: row.id,
    attempt: row.attempt,
    state: 'flushed',
    model: row.model,
    policyVersion: row.policy_version,
    outcome: row.outcome,
    settledBy: row.settled_by,
    status: row.status,
    firstByteMs: row.first_byte_ms,
    latencyMs: row.latency_ms,
    tokensIn: row.tokens_in,
    tokensOut: row.tokens_out,
    tokensCached: row.tokens_cached,
    costNano: row.cost_nano,
    reservedNano: 0,
    logId: row.log_id,
    lookupAt: null,
    lookups: 0,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  };
}

/**
 * A call out of what its agent still has of it and of what is booked; where both have an attempt the
 * books hold. Null when neither knows it.
 */
export function mergeCall(agents: CallView | null, rows: readonly UsageRow[]): CallView | null {
  const attempts = new Map((agents?.attempts ?? []).map((one) => [one.id, one]));
  for (const row of rows) attempts.set(row.id, attemptOf(row));
  const [row] = rows;
  const head =
    agents ??
    (row && {
      id: row.call_id,
      state: 'flushed' as const,
      source: row.source,
      platform: row.platform,
      tier: row.tier,
      workload: row.workload,
      sessionId: row.session_id,
      turnId: row.turn_id,
      createdAt: row.created_at,
    });
  if (!head) return null;
  return {
    ...head,
    attempts: [...attempts.values()].toSorted((a, b) => a.attempt - b.attempt),
  };
}

async function routeOf(api: InsideApi, call: CallView): Promise<RouteExplanation | null> {
  const tier = tierSchema.safeParse(call.tier);
  const workload = workloadSchema.safeParse(call.workload);
  const version = call.attempts[0]?.policyVersion;
  if (!tier.success || !workload.success || version === undefined) return null;
  const { platform } = call;
  // A version that is not there any more explains nothing; the call is shown all the same.
  return api
    .explain({ version, tier: tier.data, workload: workload.data, platform })
    .catch(() => null);
}

/** One call, asked of its agent and of the books. Null when nobody knows it. Throws ApiError. */
export async function readCall(api: InsideApi, id: string): Promise<CallDetail | null> {
  const [agents, { rows }] = await Promise.all([api.calls({ call: id }), api.bookedCall(id)]);
  const call = mergeCall(agents.calls[0] ?? null, rows);
  return call && { call, route: await routeOf(api, call) };
}

/** Whether the rules alone gave the first attempt its model: size and a named model decide too. */
export function isByRules({ call, route }: CallDetail): boolean {
  return route?.ok === true && route.route.model === call.attempts[0]?.model;
}
