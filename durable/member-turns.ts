import { AppError } from '../contract/errors.ts';
import type { Limits } from '../contract/limits.ts';

/** The part of a tenant's messages of a minute that one member or program may send: others have the rest. */
const MEMBER_SHARE = 0.8;
const MINUTE_MS = 60_000;

/** Messages that one member or program may send in a minute. */
export function memberTurnsPerMinute({
  maxTurnsPerMinute,
}: Pick<Limits, 'maxTurnsPerMinute'>): number {
  return Math.max(1, Math.floor(maxTurnsPerMinute * MEMBER_SHARE));
}

/**
 * How many messages each member has sent in the minute that is. In memory: an eviction forgives one
 * minute, and the tenant's own limit, which is stored, holds all the same.
 */
export class MemberTurns {
  #minute = 0;
  readonly #counts = new Map<string, number>();

  /** AppError rate_limited when a member has sent as many in this minute as they may. */
  check(memberId: string, { limits, now }: { limits: Limits; now: number }): void {
    this.#roll(now);
    const most = memberTurnsPerMinute(limits);
    if ((this.#counts.get(memberId) ?? 0) < most) return;
    const retryAfterS = Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1_000);
    const seconds = retryAfterS === 1 ? 'second' : 'seconds';
    throw new AppError(
      'rate_limited',
      `You may send at most ${most} messages a minute here. Try again in ${retryAfterS} ${seconds}.`,
      { retryAfterS },
    );
  }

  /** One message more of a member. */
  count(memberId: string, now: number): void {
    this.#roll(now);
    this.#counts.set(memberId, (this.#counts.get(memberId) ?? 0) + 1);
  }

  /** A new minute begins with nothing: it never holds more than who sent something in it. */
  #roll(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#counts.clear();
  }
}
