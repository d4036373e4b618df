/** Plans of a zone that differ in what rate-limiting rules may be. */
export type ZonePlan = 'free' | 'pro' | 'business' | 'enterprise';

/** Phases of a zone's rulesets that skclaw looks after. */
export const PHASES = {
  managed: 'http_request_firewall_managed',
  rateLimit: 'http_ratelimit',
} as const;
export type Phase = (typeof PHASES)[keyof typeof PHASES];

/** How our rules are known again among a zone's other rules: by `ref`. */
export const OUR_REFS = {
  managed: 'skclaw_managed_rules',
  rateLimit: 'skclaw_public_rate_limit',
} as const;

/**
 * Cloudflare's managed rulesets, the same in every account. Source: Cloudflare, WAF, "Managed
 * Rules". The free one is on in every zone of the free plan, where the other one can't be used.
 */
export const MANAGED_RULESET = 'efb7b8c949ac4650a09736fc376e9aee';

/** What a stranger can ask for: pages of invites, members' and programs' APIs, and the path form. */
const PUBLIC_PATHS = ['/api/', '/v1/', '/t/', '/join/', '/openclaw', '/healthz'] as const;

/**
 * Requests of one address on the public paths that are let through, by plan. Twice PUBLIC_LIMIT of
 * the Worker (600 in 60 s), so that the Worker's own limits, which answer in words, come first and
 * this one stops a flood before it costs an invocation. Free zones count in 10 s and shut for 10 s;
 * all others may count a minute. Source: Cloudflare, WAF, "Rate limiting rules", Availability.
 */
const RATE_LIMIT = { requests: 1_200, periodS: 60, shutS: 60 } as const;
const FREE_RATE_LIMIT = { requests: 200, periodS: 10, shutS: 10 } as const;

/** A rule as it should stand, in the words of Cloudflare's rulesets. */
export type WantedRule = {
  ref: string;
  description: string;
  expression: string;
  enabled: true;
} & (
  | { action: 'execute'; action_parameters: { id: string } }
  | {
      action: 'block';
      ratelimit: {
        characteristics: string[];
        period: number;
        requests_per_period: number;
        mitigation_timeout: number;
      };
    }
);

/** The rule that turns on Cloudflare's managed rules for every request. */
export const MANAGED_RULE: WantedRule = {
  ref: OUR_REFS.managed,
  description: 'skclaw: Cloudflare Managed Ruleset',
  expression: 'true',
  enabled: true,
  action: 'execute',
  action_parameters: { id: MANAGED_RULESET },
};

/** The rule that limits one address on the public paths; it reads the path only, as free zones must. */
export function rateLimitRule(plan: ZonePlan): WantedRule {
  const limit = plan === 'free' ? FREE_RATE_LIMIT : RATE_LIMIT;
  const paths = PUBLIC_PATHS.map((path) => `starts_with(http.request.uri.path, "${path}")`);
  return {
    ref: OUR_REFS.rateLimit,
    description: 'skclaw: public paths by address',
    expression: `(${paths.join(' or ')})`,
    enabled: true,
    action: 'block',
    ratelimit: {
      // Every rule counts per location; the address is what all plans may count by.
      characteristics: ['cf.colo.id', 'ip.src'],
      period: limit.periodS,
      requests_per_period: limit.requests,
      mitigation_timeout: limit.shutS,
    },
  };
}
