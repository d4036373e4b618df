import { costNano, type TokenUsage } from './models.ts';
import type { Combination, Policy } from './policy-rule.ts';
import type { ReplayGroup, ReplayResult } from './replay.ts';
import { resolveRoute, type Route } from './route.ts';

/** A call as it was booked. */
export interface BookedCall extends Combination, TokenUsage {
  /** The model that answered. */
  model: string;
  /** Whether its caller asked for that model, and not the policy. */
  isNamed: boolean;
  costNano: number;
  createdAt: number;
}

/** What a call would come to on another route. An answer is not longer than that route's cap. */
function costOn({ model, maxOutputTokens }: Route, call: BookedCall): number {
  return costNano(model, { ...call, tokensOut: Math.min(call.tokensOut, maxOutputTokens) });
}

/** One call under a policy, as a group of itself. */
function replayCall(policy: Policy, call: BookedCall): ReplayGroup {
  const { tier, platform, workload, model, isNamed, tokensIn: promptTokens } = call;
  const named = isNamed ? { model } : {};
  const result = resolveRoute(policy, { tier, platform, workload, promptTokens, ...named });
  const { costNano: costBeforeNano } = call;
  const common = { tier, platform, workload, before: model, calls: 1, costBeforeNano };
  if (!result.ok) {
    return { ...common, after: null, refusal: result.reason, costAfterNano: 0, capped: 0 };
  }
  const { route } = result;
  const capped = call.tokensOut > route.maxOutputTokens ? 1 : 0;
  return {
    ...common,
    after: route.model,
    refusal: null,
    costAfterNano: costOn(route, call),
    capped,
  };
}

function groupKey({ tier, platform, workload, before, after, refusal }: ReplayGroup): string {
  return JSON.stringify([tier, platform, workload, before, after, refusal]);
}

function addUp(groups: Iterable<ReplayGroup>): ReplayGroup[] {
  const byKey = new Map<string, ReplayGroup>();
  for (const one of groups) {
    const key = groupKey(one);
    const sum = byKey.get(key);
    if (!sum) {
      byKey.set(key, { ...one });
      continue;
    }
    sum.calls += one.calls;
    sum.costBeforeNano += one.costBeforeNano;
    sum.costAfterNano += one.costAfterNano;
    sum.capped += one.capped;
  }
  return [...byKey.values()].toSorted((a, b) => b.costBeforeNano - a.costBeforeNano);
}

const isRefused = ({ after }: ReplayGroup): boolean => after === null;

function totalsOf(groups: readonly ReplayGroup[]): ReplayResult['totals'] {
  const sum = (of: (group: ReplayGroup) => number): number =>
    groups.reduce((total, group) => total + of(group), 0);
  return {
    calls: sum(({ calls }) => calls),
    moved: sum((group) => (isRefused(group) || group.before === group.after ? 0 : group.calls)),
    refused: sum((group) => (isRefused(group) ? group.calls : 0)),
    capped: sum(({ capped }) => capped),
    costBeforeNano: sum(({ costBeforeNano }) => costBeforeNano),
    costAfterNano: sum(({ costAfterNano }) => costAfterNano),
    refusedCostNano: sum((group) => (isRefused(group) ? group.costBeforeNano : 0)),
  };
}

/**
 * What a policy would have made of calls that were booked: which model each would get by the same
 * tier, platform, workload and prompt, and what the same tokens would cost there. A model that a
 * caller named is named again. That another model answers in other words, and at another length, is
 * not in it. Pure.
 */
export function replayCalls(policy: Policy, calls: readonly BookedCall[]): ReplayResult {
  const groups = addUp(calls.map((call) => replayCall(policy, call)));
  const times = calls.map(({ createdAt }) => createdAt);
  const isEmpty = times.length === 0;
  return {
    version: policy.version,
    since: isEmpty ? null : Math.min(...times),
    until: isEmpty ? null : Math.max(...times),
    totals: totalsOf(groups),
    groups,
  };
}
