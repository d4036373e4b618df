import { findModel } from './models.ts';
import { obstacleOf, type Obstacle } from './model-room.ts';
import {
  describeRule,
  DRAFT_VERSION,
  mismatches,
  modelsOf,
  rankRules,
  type Policy,
  type RankedRule,
} from './policy-rule.ts';
import { resolveRoute, type RouteRequest, type RouteResult } from './route.ts';

/** One rule of the policy, and how it fared. */
export interface ConsideredRule {
  /** Its index. */
  rule: number;
  description: string;
  /** `won`, `later`, `less specific`, or which dimensions do not match. */
  verdict: string;
}

/** One model that could have answered, and what became of it. */
export interface ConsideredModel {
  id: string;
  /** The rule's own, its fallback, one of a more general rule, or one that only the caller named. */
  role: 'primary' | 'fallback' | 'general' | 'named';
  verdict: string;
}

/** A route or refusal, and the whole way to it. */
export type RouteExplanation = RouteResult & {
  explanation: string;
  considered: ConsideredRule[];
  models: ConsideredModel[];
};

const count = (tokens: number): string => tokens.toLocaleString('en-US');

function obstacleWords(
  id: string,
  obstacle: Obstacle,
  need: { request: RouteRequest; maxOutputTokens: number },
): string {
  const { promptTokens = 0, largerThan } = need.request;
  switch (obstacle) {
    case 'unknown':
      return 'not in the model catalog';
    case 'retired':
      return `retired since ${findModel(id)?.retiredSince ?? ''}`;
    case 'too_small': {
      const { contextWindow = null } = findModel(id) ?? {};
      const isLarger = contextWindow !== null && contextWindow > (largerThan ?? 0);
      return largerThan === undefined || isLarger
        ? `too small for ${count(promptTokens + need.maxOutputTokens)} tokens`
        : `not known to be larger than ${count(largerThan)} tokens`;
    }
  }
}

function considerRules(
  policy: Policy,
  request: RouteRequest,
  winner: RankedRule | undefined,
): ConsideredRule[] {
  const ranked = new Map(rankRules(policy, request).map((one) => [one.index, one]));
  return policy.rules.map((rule, index) => {
    const description = describeRule(rule);
    const match = ranked.get(index);
    if (!match) {
      const other = mismatches(rule, request);
      const verb = other.length === 1 ? 'does' : 'do';
      return { rule: index, description, verdict: `${other.join(' and ')} ${verb} not match` };
    }
    const loses = match.specificity === winner?.specificity ? 'later' : 'less specific';
    return { rule: index, description, verdict: index === winner?.index ? 'won' : loses };
  });
}

function considerModels(
  request: RouteRequest,
  result: RouteResult,
  [winner, ...general]: RankedRule[],
): ConsideredModel[] {
  if (!winner) return [];
  const { maxOutputTokens } = winner.rule;
  const roles = new Map<string, ConsideredModel['role']>();
  const [primary, fallback] = modelsOf(winner.rule);
  if (primary !== undefined) roles.set(primary, 'primary');
  if (fallback !== undefined) roles.set(fallback, 'fallback');
  for (const id of general.flatMap(({ rule }) => modelsOf(rule))) {
    if (!roles.has(id)) roles.set(id, 'general');
  }
  const { model: named } = request;
  if (named !== undefined && !roles.has(named)) roles.set(named, 'named');
  return [...roles].map(([id, role]) => {
    const verdict = (): string => {
      if (result.ok && id === result.route.model) return 'chosen';
      if (result.ok && id === result.route.fallback) return 'fallback';
      const obstacle = obstacleOf(id, request, maxOutputTokens);
      if (obstacle) return obstacleWords(id, obstacle, { request, maxOutputTokens });
      if (named === undefined) return 'not needed';
      return id === named ? 'not allowed' : 'another was named';
    };
    return { id, role, verdict: verdict() };
  });
}

/** How the models of the rule came to their places, as a sentence. */
function modelSentence(
  request: RouteRequest,
  result: RouteResult,
  models: ConsideredModel[],
): string {
  if (!result.ok) return result.message;
  const { model, fallback } = result.route;
  if (request.model !== undefined) return `The caller named ${model}.`;
  const chosen = models.find(({ id }) => id === model);
  const passed = models
    .slice(0, chosen ? models.indexOf(chosen) : 0)
    .map(({ id, verdict }) => `${id} is ${verdict}`);
  const because = passed.length === 0 ? '' : `${passed.join(', ')}: `;
  const origin = chosen?.role === 'general' ? ', of a more general rule,' : '';
  const standIn = fallback === null ? '' : `, and ${fallback} stands in for it`;
  return `${because}${model}${origin} answers${standIn}.`;
}

/**
 * The decision of `resolveRoute` for the same arguments, and every rule and model that it passed on
 * the way. Pure.
 */
export function explainRoute(policy: Policy, request: RouteRequest): RouteExplanation {
  const result = resolveRoute(policy, request);
  const ranked = rankRules(policy, request);
  const [winner, ...others] = ranked;
  const models = considerModels(request, result, ranked);
  const { tier, platform, workload } = request;
  const combination = `tier ${tier}, platform ${platform}, workload ${workload}`;
  const name = policy.version === DRAFT_VERSION ? 'the draft' : `policy ${policy.version}`;
  const also =
    others.length === 0
      ? ''
      : `; ${others.length} other ${others.length === 1 ? 'rule' : 'rules'} matched too`;
  const ruleSentence = winner
    ? `Rule ${winner.index + 1} of ${name} (${describeRule(winner.rule)}) is the most specific for ` +
      `${combination}${also}. ${modelSentence(request, result, models)}`
    : `No rule of ${name} covers ${combination}.`;
  return {
    ...result,
    explanation: ruleSentence,
    considered: considerRules(policy, request, winner),
    models,
  };
}
