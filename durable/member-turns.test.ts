import { describe, expect, it } from 'vitest';
import { TIER_CONFIG, TIERS } from '../contract/tiers.ts';
import { MemberTurns, memberTurnsPerMinute } from './member-turns.ts';

const MINUTE_START = Date.parse('2025-06-15T12:00:00Z');
const limits = { ...TIER_CONFIG.free.limits, maxTurnsPerMinute: 3 };

describe('a member’s part of the messages', () => {
  it.each(TIERS)('leaves some of %s for others', (tier) => {
    const { maxTurnsPerMinute } = TIER_CONFIG[tier].limits;
    const most = memberTurnsPerMinute({ maxTurnsPerMinute });
    expect(most).toBeLessThan(maxTurnsPerMinute);
    expect(most).toBeGreaterThan(maxTurnsPerMinute / 2);
  });

  it('is one at least', () => {
    expect(memberTurnsPerMinute({ maxTurnsPerMinute: 1 })).toBe(1);
  });

  it('is used up by that member alone, and there again in the next minute', () => {
    const turns = new MemberTurns();
    const check = (id: string, ms: number) => () =>
      turns.check(id, { limits, now: MINUTE_START + ms });
    turns.count('ann', MINUTE_START);
    expect(check('ann', 1_000)).not.toThrow();
    turns.count('ann', MINUTE_START + 1_000);
    expect(check('ann', 30_500)).toThrow(
      expect.objectContaining({
        code: 'rate_limited',
        message: 'You may send at most 2 messages a minute here. Try again in 30 seconds.',
        retryAfterS: 30,
      }),
    );
    expect(check('bob', 30_500)).not.toThrow();
    expect(check('ann', 60_000)).not.toThrow();
  });
});
