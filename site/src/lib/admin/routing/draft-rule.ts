import { DRAFT_VERSION, policyRule, type PolicyRule } from '../../../../../contract/policy-rule.ts';
import { policyProblems, type PolicyProblem } from '../../../../../contract/policy.ts';
import type { Tier, Workload } from '../../../../../contract/tiers.ts';

/** A rule as it stands in the fields of the editor: '' is any, or none; an empty number is null. */
export interface DraftRule {
  /** Tells it from the others while it is edited. */
  key: number;
  tier: Tier | '';
  platform: string;
  workload: Workload | '';
  model: string;
  fallback: string;
  firstByteS: number | null;
  maxOutputTokens: number | null;
}

/** What is wrong with a draft: of each rule by its key, and of all of it. */
export interface DraftCheck {
  /** The rules as they would be stored; null where a field holds what no rule may. */
  rules: PolicyRule[] | null;
  ofRule: Map<number, PolicyProblem[]>;
  general: PolicyProblem[];
  errors: number;
  warnings: number;
}

/** A stored rule in the fields of the editor. */
export function draftOf(rule: PolicyRule, key: number): DraftRule {
  return {
    key,
    tier: rule.tier ?? '',
    platform: rule.platform ?? '',
    workload: rule.workload ?? '',
    model: rule.model,
    fallback: rule.fallback ?? '',
    firstByteS: rule.firstByteTimeoutMs / 1_000,
    maxOutputTokens: rule.maxOutputTokens,
  };
}

/** What the fields say, as a rule; numbers that are not there are 0, which no rule may have. */
export function ruleOf(draft: DraftRule): PolicyRule {
  const { tier, platform, workload, model, fallback, firstByteS, maxOutputTokens } = draft;
  return {
    ...(tier === '' ? {} : { tier }),
    ...(platform === '' ? {} : { platform }),
    ...(workload === '' ? {} : { workload }),
    model,
    fallback: fallback === '' ? null : fallback,
    firstByteTimeoutMs: Math.round((firstByteS ?? 0) * 1_000),
    maxOutputTokens: maxOutputTokens ?? 0,
  };
}

const FIELD_WORDS: Record<string, string> = {
  model: 'choose a model.',
  firstByteTimeoutMs: 'the first byte may take 1 to 120 s.',
  maxOutputTokens: 'the output cap is a whole number of 16 to 65,536 tokens.',
};

/** What the schema of a rule refuses, said by field. */
function fieldProblems(rule: PolicyRule, index: number): PolicyProblem[] {
  const parsed = policyRule.safeParse(rule);
  if (parsed.success) return [];
  const fields = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
  return [...fields].map((field) => ({
    severity: 'error',
    rule: index,
    message: FIELD_WORDS[field] ?? `${field} is not valid.`,
  }));
}

/** Beside its rule a message need not name it. */
const withoutRule = (message: string): string => message.replace(/^rule \d+: /, '');

/** Checks a draft with what the server checks it with before it stores it. */
export function checkDraft(drafts: readonly DraftRule[], platforms: readonly string[]): DraftCheck {
  const rules = drafts.map(ruleOf);
  const wrong = rules.flatMap(fieldProblems);
  const found = [...wrong, ...policyProblems({ version: DRAFT_VERSION, rules }, platforms)].filter(
    // No model yet is said once.
    ({ rule, message }) =>
      rule === null || rules[rule]?.model !== '' || !message.includes(': model '),
  );
  if (rules.length === 0) {
    found.push({ severity: 'error', rule: null, message: 'A policy has at least one rule.' });
  }
  const ofRule = new Map<number, PolicyProblem[]>();
  for (const problem of found) {
    const key = problem.rule === null ? undefined : drafts[problem.rule]?.key;
    if (key === undefined) continue;
    const message = withoutRule(problem.message);
    ofRule.set(key, [...(ofRule.get(key) ?? []), { ...problem, message }]);
  }
  const errors = found.filter(({ severity }) => severity === 'error').length;
  return {
    rules: wrong.length > 0 || rules.length === 0 ? null : rules,
    ofRule,
    general: found.filter(({ rule }) => rule === null),
    errors,
    warnings: found.length - errors,
  };
}
