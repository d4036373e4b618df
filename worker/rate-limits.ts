/**
 * The rate limits of wrangler.jsonc, each counted per Cloudflare location and minute. They keep
 * abuse away from agents and D1; they are no quotas, and what a tenant may use its agent counts.
 * Source: developers.cloudflare.com, Workers, "Rate Limiting".
 */
export const RATE_LIMITS = {
  /** Tries to sign in by one address on one host: a person needs one, an office some. */
  SIGN_IN_LIMIT: { limit: 10, period: 60 },
  /** Different credentials of one address that were refused; one that works is never counted. */
  REFUSAL_LIMIT: { limit: 30, period: 60 },
  /** Pages, pings and look-ups of hosts by one address: an office's people behind one NAT. */
  PUBLIC_LIMIT: { limit: 600, period: 60 },
} as const;
export type RateLimitName = keyof typeof RATE_LIMITS;
export const RATE_LIMIT_NAMES = Object.keys(RATE_LIMITS) as RateLimitName[];
