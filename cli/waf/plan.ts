import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  MANAGED_RULE,
  MANAGED_RULESET,
  OUR_REFS,
  PHASES,
  rateLimitRule,
  type Phase,
  type WantedRule,
  type ZonePlan,
} from './rules.ts';

/** A rule of a zone, as far as skclaw compares it. */
const zoneRule = z.looseObject({
  id: z.string(),
  ref: z.string().optional(),
  description: z.string().optional(),
  expression: z.string().optional(),
  enabled: z.boolean().default(true),
  action: z.string().optional(),
  action_parameters: z.looseObject({ id: z.string().optional() }).optional(),
  ratelimit: z.looseObject({}).optional(),
});
type ZoneRule = z.infer<typeof zoneRule>;

/** The ruleset of a zone in one phase, from Cloudflare's API. */
export const phaseRuleset = z.looseObject({
  id: z.string(),
  rules: z
    .array(zoneRule)
    .nullish()
    .transform((rules) => rules ?? []),
});
export type PhaseRuleset = z.output<typeof phaseRuleset>;

export interface ZoneWaf {
  plan: ZonePlan;
  /** The ruleset of each phase; null where the zone has none. */
  rulesets: Record<Phase, PhaseRuleset | null>;
}

/** One rule to be written: a new one, or ours in place of what it is. */
export interface WafChange {
  phase: Phase;
  kind: 'create' | 'update';
  /** Null where the phase has no ruleset yet. */
  rulesetId: string | null;
  ruleId: string | null;
  /** What differs, as it is; null for a new rule. */
  before: Record<string, unknown> | null;
  after: WantedRule;
}

export interface WafPlan {
  changes: WafChange[];
  /** What already is as it should be, in words. */
  unchanged: { phase: Phase; reason: string }[];
  /** What this zone can't have, and why. */
  skipped: { phase: Phase; reason: string }[];
}

/** The fields of a rule that differ from what is wanted; null when none does. */
function differences(rule: ZoneRule, wanted: WantedRule): Record<string, unknown> | null {
  const differing = Object.entries(wanted).filter(([key, value]) => {
    const actual: unknown = rule[key];
    if (key !== 'ratelimit' && key !== 'action_parameters') return actual !== value;
    // Cloudflare adds what it assumes; only what we say is compared.
    return Object.entries(value as object).some(
      ([name, inner]) => !isSame((actual as Record<string, unknown> | undefined)?.[name], inner),
    );
  });
  if (differing.length === 0) return null;
  return Object.fromEntries(differing.map(([key]) => [key, rule[key] ?? null]));
}

/** Equal, lists in any order. */
function isSame(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return isDeepStrictEqual(left, right);
  return isDeepStrictEqual(left.toSorted(), right.toSorted());
}

function changeOf(
  phase: Phase,
  ruleset: PhaseRuleset | null,
  wanted: WantedRule,
): WafChange | null {
  const ours = ruleset?.rules.find(({ ref }) => ref === wanted.ref);
  const shared = { phase, rulesetId: ruleset?.id ?? null, after: wanted };
  if (!ours) return { ...shared, kind: 'create', ruleId: null, before: null };
  const before = differences(ours, wanted);
  return before && { ...shared, kind: 'update', ruleId: ours.id, before };
}

/** A rule of somebody else that turns Cloudflare's managed rules on for every request. */
function turnsOnManaged(rule: ZoneRule): boolean {
  return (
    rule.enabled &&
    rule.action === 'execute' &&
    rule.action_parameters?.id === MANAGED_RULESET &&
    rule.expression === 'true' &&
    rule.ref !== OUR_REFS.managed
  );
}

/** What has to change so that a zone is protected as the platform needs. It touches our rules only. */
export function planWaf({ plan, rulesets }: ZoneWaf): WafPlan {
  const made: WafPlan = { changes: [], unchanged: [], skipped: [] };
  const add = (phase: Phase, wanted: WantedRule): void => {
    const change = changeOf(phase, rulesets[phase], wanted);
    if (change) made.changes.push(change);
    else made.unchanged.push({ phase, reason: `${wanted.ref} is as it should be.` });
  };
  const { managed, rateLimit } = PHASES;
  if (plan === 'free') {
    const reason =
      'The free plan has only the Cloudflare Free Managed Ruleset, which is always on; the full one needs Pro.';
    made.skipped.push({ phase: managed, reason });
  } else if (rulesets[managed]?.rules.some(turnsOnManaged)) {
    made.unchanged.push({ phase: managed, reason: 'Another rule turns the managed rules on.' });
  } else add(managed, MANAGED_RULE);
  add(rateLimit, rateLimitRule(plan));
  return made;
}
