import { obstacleOf, type Room } from './model-room.ts';
import { findModel } from './models.ts';
import {
  matches,
  modelsOf,
  rankRules,
  type Combination,
  type Policy,
  type RankedRule,
} from './policy-rule.ts';
import type { Workload } from './tiers.ts';

/** What a route is asked for: a combination, and the room that the prompt needs. */
export interface RouteRequest extends Combination, Room {
  /** A model that the caller names in place of the rule's. */
  model?: string;
}

export interface Route {
  policyVersion: number;
  /** Index of the rule in its policy. */
  rule: number;
  model: string;
  /** The model to ask when the first one gives no answer. */
  fallback: string | null;
  firstByteTimeoutMs: number;
  maxOutputTokens: number;
}

export const REFUSAL_REASONS = ['no_rule', 'too_long', 'model_not_allowed'] as const;

export interface RouteRefusal {
  ok: false;
  reason: (typeof REFUSAL_REASONS)[number];
  /** A sentence for whoever sent the prompt. */
  message: string;
}

export type RouteResult = { ok: true; route: Route } | RouteRefusal;

/** Characters of a model's name that a message repeats: it is whatever a caller has sent. */
const SHOWN_NAME_CHARS = 100;

function isAlive(id: string): boolean {
  return findModel(id)?.retiredSince === null;
}

function routeOf(
  policy: Policy,
  winner: RankedRule,
  models: Pick<Route, 'model' | 'fallback'>,
): RouteResult {
  const { firstByteTimeoutMs, maxOutputTokens } = winner.rule;
  const { index: rule } = winner;
  const policyVersion = policy.version;
  return {
    ok: true,
    route: { policyVersion, rule, ...models, firstByteTimeoutMs, maxOutputTokens },
  };
}

function tooLong({ promptTokens }: Room, models: string): RouteRefusal {
  const size =
    promptTokens === undefined
      ? 'This is longer'
      : `This is about ${promptTokens.toLocaleString('en-US')} tokens long, more`;
  const message = `${size} than ${models} can read at once. Shorten it, or start a new conversation.`;
  return { ok: false, reason: 'too_long', message };
}

/**
 * The models that the rules for a tier, a platform and some workloads name, in the policy's order. One
 * that can't be asked any more is left out.
 */
export function allowedModels(
  policy: Policy,
  { tier, platform, workloads }: Omit<Combination, 'workload'> & { workloads: readonly Workload[] },
): string[] {
  const named = policy.rules
    .filter((rule) => workloads.some((workload) => matches(rule, { tier, platform, workload })))
    .flatMap(modelsOf)
    .filter(isAlive);
  return [...new Set(named)];
}

function resolveNamed(
  policy: Policy,
  request: RouteRequest & { model: string },
  winner: RankedRule,
): RouteResult {
  const { model } = request;
  const { tier, platform, workload } = request;
  const allowed = allowedModels(policy, { tier, platform, workloads: [workload] });
  if (!allowed.includes(model)) {
    const choice = allowed.length === 0 ? '' : ` Choose one of: ${allowed.join(', ')}.`;
    const message = `The model ${model.slice(0, SHOWN_NAME_CHARS)} is not available here.${choice}`;
    return { ok: false, reason: 'model_not_allowed', message };
  }
  if (obstacleOf(model, request, winner.rule.maxOutputTokens)) return tooLong(request, model);
  return routeOf(policy, winner, { model, fallback: null });
}

/**
 * The route of a request. The most specific matching rule decides, the earlier one on a tie: its cap
 * and timeout hold, and of its model and fallback those that have room for the prompt and the
 * longest answer. When neither has, the first that does of the more general rules answers, without a
 * fallback. A model that the caller names takes the place of the rule's, if some rule for the
 * workload names it. Pure and cheap: it runs on every model call, and whoever explains a route runs it too.
 */
export function resolveRoute(policy: Policy, request: RouteRequest): RouteResult {
  const [winner, ...general] = rankRules(policy, request);
  if (!winner) {
    return { ok: false, reason: 'no_rule', message: 'No routing rule covers this request.' };
  }
  const { model: named } = request;
  if (named !== undefined) return resolveNamed(policy, { ...request, model: named }, winner);

  const { maxOutputTokens } = winner.rule;
  const canAnswer = (id: string): boolean => obstacleOf(id, request, maxOutputTokens) === null;
  const own = modelsOf(winner.rule);
  const [model, fallback = null] = own.filter(canAnswer);
  if (model !== undefined) return routeOf(policy, winner, { model, fallback });

  const others = general.flatMap(({ rule }) => modelsOf(rule));
  const other = others.find(canAnswer);
  if (other !== undefined) return routeOf(policy, winner, { model: other, fallback: null });
  if ([...own, ...others].some(isAlive)) return tooLong(request, 'any model here');
  return {
    ok: false,
    reason: 'no_rule',
    message: 'The routing rules for this request name no model that still exists.',
  };
}
