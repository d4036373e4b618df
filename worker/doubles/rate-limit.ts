import { RATE_LIMIT_NAMES, RATE_LIMITS, type RateLimitName } from '../rate-limits.ts';

/**
 * Rate limits that count from when they are made: Cloudflare's own begin anew with each minute of the
 * clock, in the middle of a test.
 */
export function countingLimits(): Record<RateLimitName, RateLimit> {
  const limits = RATE_LIMIT_NAMES.map((name) => {
    const counts = new Map<string, number>();
    const limit: RateLimit['limit'] = ({ key }) => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return Promise.resolve({ success: count <= RATE_LIMITS[name].limit });
    };
    return [name, { limit }];
  });
  return Object.fromEntries(limits) as Record<RateLimitName, RateLimit>;
}
