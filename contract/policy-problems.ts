import { findModel, type CatalogModel } from './models.ts';
import {
  describeRule,
  modelsOf,
  rankRules,
  ruleKey,
  type Combination,
  type Policy,
  type PolicyRule,
} from './policy-rule.ts';
import { TIERS, WORKLOADS, type Workload } from './tiers.ts';

/** Under this OpenClaw's own prompt (12,000 tokens) leaves no room: refused. */
export const MIN_CONTEXT_TOKENS = 20_000;
/** Under this long conversations lose their beginning early: a warning. */
const COMFORTABLE_CONTEXT_TOKENS = 64_000;

export interface PolicyProblem {
  /** An error keeps a policy from being stored. */
  severity: 'error' | 'warning';
  /** Index of the rule; null for what concerns the policy as a whole. */
  rule: number | null;
  message: string;
}

type Finding = Pick<PolicyProblem, 'severity' | 'message'>;

const error = (message: string): Finding => ({ severity: 'error', message });
const warning = (message: string): Finding => ({ severity: 'warning', message });

function contextFindings(model: CatalogModel, maxOutputTokens: number): Finding[] {
  const { id, contextWindow } = model;
  if (contextWindow === null) return [];
  if (contextWindow < MIN_CONTEXT_TOKENS) {
    return [error(`${id} holds ${contextWindow} tokens, under ${MIN_CONTEXT_TOKENS}.`)];
  }
  const room = contextWindow - maxOutputTokens;
  const findings =
    room < MIN_CONTEXT_TOKENS
      ? [
          error(
            `with maxOutputTokens ${maxOutputTokens}, ${id} has ${Math.max(room, 0)} tokens left for the ` +
              `prompt, under ${MIN_CONTEXT_TOKENS}.`,
          ),
        ]
      : [];
  if (contextWindow >= COMFORTABLE_CONTEXT_TOKENS) return findings;
  return [
    ...findings,
    warning(
      `${id} holds only ${contextWindow} tokens; long conversations will lose their beginning.`,
    ),
  ];
}

function modelFindings(
  id: string,
  options: { maxOutputTokens: number; servesChat: boolean },
): Finding[] {
  const model = findModel(id);
  if (!model) return [error(`${id} is not in the model catalog.`)];
  if (model.retiredSince !== null) {
    const successor = model.successor === null ? '' : ` Use ${model.successor}.`;
    return [error(`${id} was retired on ${model.retiredSince}.${successor}`)];
  }
  const toolless =
    options.servesChat && !model.tools
      ? [warning(`${id} calls no tools, and agents chat with them.`)]
      : [];
  return [...contextFindings(model, options.maxOutputTokens), ...toolless];
}

/** The combinations of tier, platform and workload that a policy has to cover. */
function combinationsOf(platforms: readonly string[]): Combination[] {
  return platforms.flatMap((platform) =>
    TIERS.flatMap((tier) => WORKLOADS.map((workload) => ({ tier, platform, workload }))),
  );
}

function placeFindings(
  rule: PolicyRule,
  seen: { platforms: readonly string[]; earlier: number | undefined; wins: boolean },
): Finding[] {
  const { platform } = rule;
  if (platform !== undefined && !seen.platforms.includes(platform)) {
    return [error(`the system has no platform ${platform}.`)];
  }
  if (seen.earlier !== undefined) {
    return [error(`is about the same as rule ${seen.earlier + 1} and can never win.`)];
  }
  if (seen.wins) return [];
  const what = describeRule(rule);
  return [warning(`can never win: other rules cover ${what} more specifically.`)];
}

/** What is wrong with one rule, each line naming where. */
function ruleFindings(
  rule: PolicyRule,
  seen: Parameters<typeof placeFindings>[1] & { servesChat: boolean },
): Finding[] {
  const { maxOutputTokens } = rule;
  const { servesChat } = seen;
  const models = modelsOf(rule).flatMap((id, position) =>
    modelFindings(id, { maxOutputTokens, servesChat }).map(({ severity, message }) => ({
      severity,
      message: `${position === 0 ? 'model' : 'fallback'} ${message}`,
    })),
  );
  const same = rule.fallback === rule.model ? [warning('its fallback is its own model.')] : [];
  return [...placeFindings(rule, seen), ...models, ...same];
}

const SEVERITIES = ['error', 'warning'];

/** The order of a list of problems: errors first, then by rule, the policy's own last. */
function compareProblems(a: PolicyProblem, b: PolicyProblem): number {
  const bySeverity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  if (bySeverity !== 0) return bySeverity;
  return (a.rule ?? Number.MAX_SAFE_INTEGER) - (b.rule ?? Number.MAX_SAFE_INTEGER);
}

/**
 * Everything wrong with a policy, against the catalog of today and every combination of tier,
 * platform and workload of the system; the same policy has the same list.
 */
export function policyProblems(policy: Policy, platforms: readonly string[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const won = new Map<number, Set<Workload>>();
  for (const combination of combinationsOf(platforms)) {
    const winner = rankRules(policy, combination)[0];
    const { tier, platform, workload } = combination;
    if (winner) {
      won.set(winner.index, (won.get(winner.index) ?? new Set()).add(workload));
    } else {
      const message = `No rule for tier ${tier}, platform ${platform}, workload ${workload}.`;
      problems.push({ ...error(message), rule: null });
    }
  }
  const firstOfKey = new Map<string, number>();
  for (const [index, rule] of policy.rules.entries()) {
    const key = ruleKey(rule);
    const earlier = firstOfKey.get(key);
    if (earlier === undefined) firstOfKey.set(key, index);
    const wins = won.get(index);
    const servesChat = rule.workload === 'chat' || wins?.has('chat') === true;
    const seen = { platforms, earlier, wins: wins !== undefined, servesChat };
    for (const { severity, message } of ruleFindings(rule, seen)) {
      problems.push({ severity, rule: index, message: `rule ${index + 1}: ${message}` });
    }
  }
  return problems.toSorted(compareProblems);
}
