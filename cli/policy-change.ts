import type { CatalogModel } from '../contract/models.ts';
import { MIN_CONTEXT_TOKENS, type Policy, type PolicyRule } from '../contract/policy.ts';
import {
  describeRule,
  DIMENSIONS,
  matches,
  modelsOf,
  rankRules,
  ruleKey,
  specificity,
  type Combination,
  type Dimension,
} from '../contract/policy-rule.ts';
import { TIERS, WORKLOADS } from '../contract/tiers.ts';

/** What a rule is about: a dimension that is absent means any. */
export type Subject = Pick<PolicyRule, Dimension>;

/** What a rule should say; what is absent stays, or comes from the rule that decided before. */
export type Wish = Pick<PolicyRule, 'model'> &
  Partial<Pick<PolicyRule, 'fallback' | 'firstByteTimeoutMs' | 'maxOutputTokens'>>;

export interface RuleChange {
  rules: PolicyRule[];
  /** Index of the rule that was changed or added. */
  index: number;
  rule: PolicyRule;
  changed: boolean;
  /** What was decided beyond the wish, a sentence each. */
  notes: string[];
}

/** Smallest cap on an answer that a rule may have, tokens. */
const MIN_OUTPUT_TOKENS = 16;
const FIELDS = ['model', 'fallback', 'firstByteTimeoutMs', 'maxOutputTokens'] as const;

type Begin = Omit<PolicyRule, Dimension | 'model'>;

/** What a rule has that no other was there to take it from: the fast model's of the first policy. */
const ALONE: Begin = { fallback: null, firstByteTimeoutMs: 20_000, maxOutputTokens: 4_096 };

/** The rule that decided so far where a new one will: the most specific of the more general ones. */
function parentOf(rules: readonly PolicyRule[], subject: Subject): PolicyRule | undefined {
  const isWider = (rule: PolicyRule): boolean =>
    DIMENSIONS.every((name) => rule[name] === undefined || rule[name] === subject[name]);
  return rules.filter(isWider).toSorted((a, b) => specificity(b) - specificity(a))[0];
}

/** What a new rule begins with; of a parent with the same model its fallback is the other one. */
function inherit(parent: PolicyRule | undefined, model: string): Begin {
  if (!parent) return ALONE;
  const { firstByteTimeoutMs, maxOutputTokens } = parent;
  const others = modelsOf(parent).filter((id) => id !== model);
  return { fallback: others.at(-1) ?? null, firstByteTimeoutMs, maxOutputTokens };
}

/** The longest answer that leaves each model of a rule the room for a prompt that it must have. */
function capOf(rule: PolicyRule, catalog: readonly CatalogModel[]): number {
  const rooms = modelsOf(rule).map((id) => {
    const { contextWindow = null } = catalog.find((model) => model.id === id) ?? {};
    return contextWindow === null ? Infinity : contextWindow - MIN_CONTEXT_TOKENS;
  });
  return Math.min(...rooms);
}

/**
 * Changes the rule that is about exactly this, or adds one. A cap on the answer that was not asked for
 * gives way to the smallest model's need for room; anything else that is wrong the system refuses. Pure.
 */
export function changeRule(
  { rules }: Pick<Policy, 'rules'>,
  { subject, wish, catalog }: { subject: Subject; wish: Wish; catalog: readonly CatalogModel[] },
): RuleChange {
  const found = rules.findIndex((rule) => ruleKey(rule) === ruleKey(subject));
  const index = found === -1 ? rules.length : found;
  const before = rules[found];
  const begin = before ?? inherit(parentOf(rules, subject), wish.model);
  const wanted: PolicyRule = {
    ...subject,
    model: wish.model,
    fallback: wish.fallback === undefined ? begin.fallback : wish.fallback,
    firstByteTimeoutMs: wish.firstByteTimeoutMs ?? begin.firstByteTimeoutMs,
    maxOutputTokens: wish.maxOutputTokens ?? begin.maxOutputTokens,
  };
  const cap = capOf(wanted, catalog);
  const { maxOutputTokens } = wanted;
  const isLowered =
    wish.maxOutputTokens === undefined && cap < maxOutputTokens && cap >= MIN_OUTPUT_TOKENS;
  const rule = isLowered ? { ...wanted, maxOutputTokens: cap } : wanted;
  const changed = FIELDS.some((field) => before?.[field] !== rule[field]);
  const notes = isLowered
    ? [
        `maxOutputTokens is ${cap}, not ${maxOutputTokens}: prompts need ${MIN_CONTEXT_TOKENS} tokens.`,
      ]
    : [];
  return { rules: rules.toSpliced(index, 1, rule), index, rule, changed, notes };
}

/** Every combination that rules can tell apart; '' stands for all platforms that none names. */
function combinationsOf(rules: readonly PolicyRule[]): Combination[] {
  const platforms = new Set(['', ...rules.flatMap(({ platform }) => platform ?? [])]);
  return [...platforms].flatMap((platform) =>
    TIERS.flatMap((tier) => WORKLOADS.map((workload) => ({ tier, platform, workload }))),
  );
}

/** The rules that keep deciding something that a rule is about too, as a sentence each. */
export function overridesOf(rules: readonly PolicyRule[], index: number): string[] {
  const own = rules[index];
  const policy = { version: 0, rules: [...rules] };
  const winners = new Set<number>();
  for (const combination of combinationsOf(rules)) {
    const winner = rankRules(policy, combination)[0];
    if (own && winner && winner.index !== index && matches(own, combination)) {
      winners.add(winner.index);
    }
  }
  return [...winners]
    .toSorted((a, b) => a - b)
    .flatMap((other) => rules[other] ?? [])
    .map((rule) => `For ${describeRule(rule)} a more specific rule still gives ${rule.model}.`);
}
