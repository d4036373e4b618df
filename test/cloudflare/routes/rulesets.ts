import { randomUUID } from 'node:crypto';
import { found, Refusal, type Call, type Handlers } from '../call.ts';
import { idOf, now, type Rule, type Ruleset, type Zone } from '../state.ts';

/** Cloudflare's own managed rulesets, the same in every account. */
const MANAGED = {
  free: { id: '77454fe2d30c4220b5701f6fdfb893ba', name: 'Cloudflare Managed Free Ruleset' },
  paid: { id: 'efb7b8c949ac4650a09736fc376e9aee', name: 'Cloudflare Managed Ruleset' },
} as const;

/** Rate-limiting rules that a zone's plan has. Source: Cloudflare, WAF, "Rate limiting rules". */
const RATE_LIMIT_RULES = { free: 1, pro: 2, business: 5, enterprise: 100 } as const;

function zoneOf({ state, path }: Call): Zone {
  // The platform's rules belong to its zone; an account's own rulesets are an Enterprise matter.
  return found(state.zones.get(path.zone_id ?? ''), 7003, 'Could not route to the zone');
}

const missing = (phase: string): string =>
  `could not find entrypoint ruleset in the ${phase} phase`;

function managedRuleset(zone: Zone): Ruleset {
  const { id, name } = zone.plan === 'free' ? MANAGED.free : MANAGED.paid;
  return {
    id,
    name,
    kind: 'managed',
    phase: 'http_request_firewall_managed',
    version: '1',
    last_updated: '2026-11-01T00:00:00.000Z',
    rules: [],
  };
}

/** What Cloudflare lets a zone have by its plan; the rules' form is the contract's business. */
function checkRules(zone: Zone, phase: string, rules: readonly Rule[]): void {
  if (phase === 'http_request_firewall_managed') {
    const { id } = managedRuleset(zone);
    for (const { action, action_parameters: parameters } of rules) {
      if (action !== 'execute' || (parameters as { id?: string } | undefined)?.id === id) continue;
      throw new Refusal(403, 20120, 'not entitled to use the managed ruleset');
    }
  }
  if (phase !== 'http_ratelimit') return;
  const allowed = RATE_LIMIT_RULES[zone.plan];
  if (rules.length > allowed) {
    throw new Refusal(
      400,
      20217,
      `exceeded the maximum number of rules in the phase http_ratelimit: ${rules.length} out of ${allowed}`,
    );
  }
  for (const { ratelimit } of rules) {
    const { period } = ratelimit as { period: number };
    if (zone.plan !== 'free' || period === 10) continue;
    throw new Refusal(400, 20217, `not entitled: the use of period ${period} is not allowed`);
  }
}

function save(zone: Zone, phase: string, rules: Record<string, unknown>[]): Ruleset {
  const before = zone.rulesets.get(phase);
  const version = String(Number(before?.version ?? 0) + 1);
  const numbered = rules.map((rule) => ({
    enabled: true,
    ...rule,
    id: (rule.id as string | undefined) ?? randomUUID().replaceAll('-', ''),
    version,
  }));
  checkRules(zone, phase, numbered);
  const ruleset: Ruleset = {
    id: before?.id ?? idOf(phase),
    name: 'default',
    kind: 'zone',
    phase,
    version,
    last_updated: now(),
    rules: numbered,
  };
  zone.rulesets.set(phase, ruleset);
  return ruleset;
}

function rulesetOf(call: Call): { zone: Zone; ruleset: Ruleset } {
  const zone = zoneOf(call);
  const all = [...zone.rulesets.values(), managedRuleset(zone)];
  const ruleset = all.find(({ id }) => id === call.path.ruleset_id);
  return { zone, ruleset: found(ruleset, 10003, 'could not find ruleset') };
}

/** A rule to be added at its `position`, or in its place; the last one by default. */
function placed(rules: readonly Rule[], rule: Record<string, unknown>): Record<string, unknown>[] {
  const { position, ...plain } = rule as { position?: { index?: number; before?: string } };
  const at =
    position?.before === ''
      ? 0
      : position?.before !== undefined
        ? rules.findIndex(({ id }) => id === position.before)
        : (position?.index ?? rules.length + 1) - 1;
  return rules.toSpliced(at, 0, plain as Rule);
}

export const rulesetHandlers: Handlers = {
  'rulesets.rulesets.list': (call) => {
    const zone = zoneOf(call);
    return [...zone.rulesets.values(), managedRuleset(zone)].map((ruleset) => ({
      ...ruleset,
      rules: undefined,
    }));
  },
  'rulesets.rulesets.get': (call) => rulesetOf(call).ruleset,
  'rulesets.phases.phases.get': (call) => {
    const phase = call.path.ruleset_phase ?? '';
    return found(zoneOf(call).rulesets.get(phase), 10003, missing(phase));
  },
  'rulesets.phases.phases.update': (call) =>
    save(
      zoneOf(call),
      call.path.ruleset_phase ?? '',
      (call.body as { rules?: Rule[] }).rules ?? [],
    ),
  'rulesets.rules.create': (call) => {
    const { zone, ruleset } = rulesetOf(call);
    const rules = placed(ruleset.rules, call.body as Record<string, unknown>);
    return save(zone, ruleset.phase, rules);
  },
  'rulesets.rules.edit': (call) => {
    const { zone, ruleset } = rulesetOf(call);
    const rule = found(
      ruleset.rules.find(({ id }) => id === call.path.rule_id),
      10003,
      'could not find rule',
    );
    const others = ruleset.rules.filter(({ id }) => id !== rule.id);
    const at = { position: { index: ruleset.rules.indexOf(rule) + 1 } };
    return save(
      zone,
      ruleset.phase,
      placed(others, { ...at, ...(call.body as object), id: rule.id }),
    );
  },
  'rulesets.rules.delete': (call) => {
    const { zone, ruleset } = rulesetOf(call);
    return save(
      zone,
      ruleset.phase,
      ruleset.rules.filter(({ id }) => id !== call.path.rule_id),
    );
  },
};
