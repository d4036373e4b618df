import { findModel } from './models.ts';
import {
  describeRule,
  ruleKey,
  type Combination,
  type Policy,
  type PolicyRule,
} from './policy-rule.ts';
import { resolveRoute } from './route.ts';
import { TIERS, WORKLOADS } from './tiers.ts';

const FIELDS = ['model', 'fallback', 'firstByteTimeoutMs', 'maxOutputTokens'] as const;
type Field = (typeof FIELDS)[number];

/** A rule that only one of two policies has; the index is in the one that has it. */
export interface RuleOnOneSide {
  rule: number;
  description: string;
}

export interface ChangedRule {
  description: string;
  /** Indexes of the rule in the policy before and after. */
  before: number;
  after: number;
  fields: { field: Field; before: string | number | null; after: string | number | null }[];
}

/** What a combination gets. Prices are nano-dollars per token of the first model. */
export interface CombinationRoute {
  rule: number;
  model: string;
  fallback: string | null;
  firstByteTimeoutMs: number;
  maxOutputTokens: number;
  priceIn: number;
  priceOut: number;
}

export interface ChangedCombination extends Omit<Combination, 'platform'> {
  /** Null stands for every platform that neither policy names. */
  platform: string | null;
  /** Null where no rule gives a route. */
  before: CombinationRoute | null;
  after: CombinationRoute | null;
}

export interface PolicyDiff {
  added: RuleOnOneSide[];
  removed: RuleOnOneSide[];
  changed: ChangedRule[];
  combinations: ChangedCombination[];
}

/** No rule can name it, so only rules for any platform match it. */
const UNNAMED_PLATFORM = '';

type KeyedRules = Map<string, { rule: PolicyRule; index: number }>;

/** Rules by what they are about; of equal ones the second is another than the first. */
function keyRules(policy: Policy): KeyedRules {
  const keyed: KeyedRules = new Map();
  for (const [index, rule] of policy.rules.entries()) {
    let occurrence = 0;
    while (keyed.has(`${ruleKey(rule)}#${occurrence}`)) occurrence += 1;
    keyed.set(`${ruleKey(rule)}#${occurrence}`, { rule, index });
  }
  return keyed;
}

function onlyIn(these: KeyedRules, those: KeyedRules): RuleOnOneSide[] {
  return [...these]
    .filter(([key]) => !those.has(key))
    .map(([, { rule, index }]) => ({ rule: index, description: describeRule(rule) }));
}

function changedRules(before: KeyedRules, after: KeyedRules): ChangedRule[] {
  return [...after].flatMap(([key, { rule, index }]) => {
    const old = before.get(key);
    if (!old) return [];
    const fields = FIELDS.filter((field) => old.rule[field] !== rule[field]).map((field) => ({
      field,
      before: old.rule[field],
      after: rule[field],
    }));
    if (fields.length === 0) return [];
    return [{ description: describeRule(rule), before: old.index, after: index, fields }];
  });
}

function routeFor(policy: Policy, combination: Combination): CombinationRoute | null {
  const result = resolveRoute(policy, combination);
  if (!result.ok) return null;
  const { rule, model, fallback, firstByteTimeoutMs, maxOutputTokens } = result.route;
  const { priceIn = 0, priceOut = 0 } = findModel(model) ?? {};
  return { rule, model, fallback, firstByteTimeoutMs, maxOutputTokens, priceIn, priceOut };
}

function isSameRoute(before: CombinationRoute | null, after: CombinationRoute | null): boolean {
  if (before === null || after === null) return before === after;
  return FIELDS.every((field) => before[field] === after[field]);
}

function changedCombinations(before: Policy, after: Policy): ChangedCombination[] {
  const named = [...before.rules, ...after.rules].flatMap(({ platform }) => platform ?? []);
  const platforms = [UNNAMED_PLATFORM, ...[...new Set(named)].toSorted()];
  const changed: ChangedCombination[] = [];
  for (const platform of platforms) {
    for (const tier of TIERS) {
      for (const workload of WORKLOADS) {
        const routes = [before, after].map((policy) =>
          routeFor(policy, { tier, platform, workload }),
        );
        const [old = null, now = null] = routes;
        if (isSameRoute(old, now)) continue;
        const shown = platform === UNNAMED_PLATFORM ? null : platform;
        changed.push({ tier, platform: shown, workload, before: old, after: now });
      }
    }
  }
  return changed;
}

/**
 * What changes from one policy to another: rules, matched by what they are about, and the
 * combinations that get another route. The order of rules alone changes nothing. Pure.
 */
export function diffPolicies(before: Policy, after: Policy): PolicyDiff {
  const old = keyRules(before);
  const now = keyRules(after);
  return {
    added: onlyIn(now, old),
    removed: onlyIn(old, now),
    changed: changedRules(old, now),
    combinations: changedCombinations(before, after),
  };
}
