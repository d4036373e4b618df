import { AppError } from '../contract/errors.ts';
import { isDevMode, type Env } from './env.ts';
import { describeCause, type Log } from './log.ts';
import { RATE_LIMITS, type RateLimitName } from './rate-limits.ts';

/** The address that Cloudflare saw: nobody can choose it, as they can `x-forwarded-for`. */
const ADDRESS_HEADER = 'cf-connecting-ip';
const LOOPBACK = /^(?:127\.|::1$)/;
/** Groups of an IPv6 address that name a network; a household gets a /64 at least. */
const NETWORK_GROUPS = 4;

/**
 * Whose requests are counted together: an IPv4 address, or the /64 of an IPv6 one. Null for who is not
 * counted: pages that ask the API while they are rendered, and with DEV_MODE this machine.
 */
export function clientAddress(headers: Headers, env: Pick<Env, 'DEV_MODE'>): string | null {
  const address = headers.get(ADDRESS_HEADER);
  if (address === null || (isDevMode(env) && LOOPBACK.test(address))) return null;
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.toLowerCase().split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** The refusal of one request too many; `afterS` is when the next may come. */
export function tooMany(trace: Counted['trace'], limit: RateLimitName, afterS: number): AppError {
  trace.limit = limit;
  return new AppError('rate_limited', 'Too many requests from your address.', {
    hint: `Try again in ${afterS} s.`,
    retryAfterS: afterS,
  });
}

/** What counting a request touches. */
export interface Counted {
  env: Env;
  log: Log;
  trace: { requestId: string; limit?: RateLimitName };
}

/** Counts one; false when it is one too many. A shield that is down lets everybody pass, and is logged. */
export async function count(
  { env, log, trace }: Counted,
  limit: RateLimitName,
  key: string,
): Promise<boolean> {
  try {
    return (await env[limit].limit({ key })).success;
  } catch (error) {
    const { requestId } = trace;
    const cause = describeCause(error);
    log({ level: 'warn', event: 'rate_limit.failed', requestId, limit, cause });
    return true;
  }
}

/**
 * Counts a request by its address, and by `of` where that is given. Throws rate_limited for one too
 * many.
 */
export async function admitAddress(
  counted: Counted & { headers: Headers },
  limit: RateLimitName,
  of = '',
): Promise<void> {
  const address = clientAddress(counted.headers, counted.env);
  if (address === null) return;
  const key = of === '' ? address : `${address} ${of}`;
  if (await count(counted, limit, key)) return;
  throw tooMany(counted.trace, limit, RATE_LIMITS[limit].period);
}
