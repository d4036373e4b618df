import { describe, expect, it } from 'vitest';
import type { Limits } from '../contract/limits.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import {
  budgetOf,
  budgetPercent,
  callRefusal,
  countCall,
  countTurn,
  hold,
  release,
  roll,
  spendRefusal,
  turnRefusal,
  type Meters,
} from './meters.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A Sunday in the middle of a month. */
const NOON = Date.parse('2025-06-15T12:00:30.500Z');
const JUNE = Date.parse('2025-06-01T00:00:00Z');
const JULY = Date.parse('2025-07-01T00:00:00Z');
const limits: Limits = {
  ...TIER_CONFIG.free.limits,
  maxCallsPerMinute: 3,
  maxTurnsPerMinute: 2,
  maxConcurrentCalls: 2,
  maxTokensPerDay: 1_000,
  maxNanoPerMonth: 5_000_000_000,
};

/** Meters at NOON that have counted something everywhere. */
function busy(): Meters {
  const meter = countTurn(countCall(roll(null, NOON)));
  const held = hold(hold(meter, { tokens: 10, nano: 100 }), { tokens: 7, nano: 70 });
  const used = { tokens: 4, nano: 40 };
  return release(held, { reserved: { tokens: 7, nano: 70 }, used, at: NOON });
}
const spent = (tokens: number, nano: number): Meters =>
  release(roll(null, NOON), {
    reserved: { tokens: 0, nano: 0 },
    used: { tokens, nano },
    at: NOON,
  });

describe('windows', () => {
  it('begin at nothing, at the borders of UTC’s calendar', () => {
    expect(roll(null, NOON)).toEqual({
      minute: { start: Date.parse('2025-06-15T12:00:00Z'), calls: 0, turns: 0 },
      day: { start: Date.parse('2025-06-15T00:00:00Z'), tokens: 0, heldTokens: 0 },
      month: { start: JUNE, nano: 0, heldNano: 0, percent: 0 },
      held: 0,
    });
  });

  it('last to their last millisecond and start again in the next one', () => {
    const meter = busy();
    const { minute, day, month } = meter;
    expect(roll(meter, minute.start + MINUTE_MS - 1)).toBe(meter);
    expect(roll(meter, minute.start + MINUTE_MS)).toEqual({
      minute: { start: minute.start + MINUTE_MS, calls: 0, turns: 0 },
      day,
      month,
      held: 1,
    });
    expect(roll(meter, day.start + DAY_MS - 1)).toMatchObject({ day, month });
    expect(roll(meter, day.start + DAY_MS)).toMatchObject({
      day: { start: day.start + DAY_MS, tokens: 0, heldTokens: 0 },
      month,
    });
    expect(roll(meter, JULY - 1)).toMatchObject({ day: { tokens: 0 }, month });
    expect(roll(meter, JULY)).toMatchObject({
      day: { start: JULY, tokens: 0 },
      month: { start: JULY, nano: 0, heldNano: 0, percent: 0 },
    });
  });

  it('of months have their own length, also in a leap year and over the end of a year', () => {
    const next = (day: string) => budgetOf(roll(null, Date.parse(day)), limits).renewsAt;
    expect(next('2024-02-29T23:59:59.999Z')).toBe(Date.parse('2024-03-01T00:00:00Z'));
    expect(next('2025-12-31T23:59:59.999Z')).toBe(Date.parse('2026-01-01T00:00:00Z'));
    const year = roll(busy(), Date.parse('2026-06-15T12:00:30Z'));
    expect(year.month).toMatchObject({ start: Date.parse('2026-06-01T00:00:00Z'), nano: 0 });
  });

  it('are not opened a second time by a clock that was set back', () => {
    const meter = busy();
    for (const backMs of [1_000, MINUTE_MS, DAY_MS, 40 * DAY_MS]) {
      expect(roll(meter, NOON - backMs)).toBe(meter);
    }
    // A day ahead and back: what the window ahead has counted stays.
    const ahead = countCall(roll(meter, NOON + DAY_MS));
    expect(roll(ahead, NOON)).toBe(ahead);
    expect(roll(roll(ahead, NOON), NOON + DAY_MS).minute.calls).toBe(1);
  });
});

describe('a reservation', () => {
  it('is held until what was used takes its place, in the windows in which it began', () => {
    expect(busy()).toMatchObject({
      minute: { calls: 1, turns: 1 },
      day: { tokens: 4, heldTokens: 10 },
      month: { nano: 40, heldNano: 100 },
    });
  });

  it('of yesterday is no longer of today when it ends, and still of the month', () => {
    const tomorrow = roll(busy(), NOON + DAY_MS);
    const reserved = { tokens: 10, nano: 100 };
    const ended = release(tomorrow, { reserved, used: { tokens: 9, nano: 90 }, at: NOON });
    expect(ended.day).toEqual(tomorrow.day);
    expect(ended.month).toMatchObject({ nano: 130, heldNano: 0 });
  });

  it('of last month is of nothing that counts any more', () => {
    const july = roll(busy(), JULY + 5);
    const reserved = { tokens: 10, nano: 100 };
    const released = release(july, { reserved, used: { tokens: 9, nano: 90 }, at: NOON });
    expect(released).toEqual({ ...july, held: 0 });
  });
});

describe('a refusal', () => {
  const refusal = (meter: Meters, { open = 0, now = NOON } = {}) =>
    callRefusal(meter, { limits, open, now });

  it('of a call at the limit of calls at once says to try again soon', () => {
    expect(refusal(roll(null, NOON), { open: 1 })).toBeNull();
    expect(refusal(roll(null, NOON), { open: 2 })).toEqual({
      code: 'limit_reached',
      message: 'At most 2 model calls may run at once. Try again soon.',
      retryAfterMs: 1_000,
    });
  });

  it('of a call above the minute’s says when the minute is over', () => {
    const two = countCall(countCall(roll(null, NOON)));
    expect(refusal(two)).toBeNull();
    const three = countCall(two);
    expect(refusal(three)).toEqual({
      code: 'rate_limited',
      message: 'At most 3 model calls a minute. Try again in 30 seconds.',
      retryAfterMs: 29_500,
    });
    const last = three.minute.start + MINUTE_MS - 1;
    expect(refusal(three, { now: last })).toMatchObject({
      message: 'At most 3 model calls a minute. Try again in 1 second.',
      retryAfterMs: 1,
    });
    expect(refusal(roll(three, last + 1), { now: last + 1 })).toBeNull();
  });

  it('of a message above the minute’s says the same of messages', () => {
    const one = countTurn(roll(null, NOON));
    expect(turnRefusal(one, { limits, now: NOON })).toBeNull();
    expect(turnRefusal(countTurn(one), { limits, now: NOON })).toEqual({
      code: 'rate_limited',
      message: 'At most 2 messages a minute. Try again in 30 seconds.',
      retryAfterMs: 29_500,
    });
  });

  it('says how long it is until a clock that was set back is in the window again', () => {
    const ahead = countCall(countCall(countCall(roll(null, NOON))));
    const now = NOON - 3 * MINUTE_MS;
    expect(refusal(roll(ahead, now), { now })?.retryAfterMs).toBe(29_500 + 3 * MINUTE_MS);
  });

  it('of a call when the day’s tokens are used up says when the next day begins', () => {
    expect(refusal(spent(999, 0))).toBeNull();
    expect(refusal(spent(1_000, 0))).toEqual({
      code: 'limit_reached',
      message: 'Today’s limit of 1,000 tokens is used up. It resets at 00:00 UTC.',
      retryAfterMs: DAY_MS - 12 * 3_600_000 - 30_500,
    });
  });

  it('of a call when the month’s money is used up says when the next month begins', () => {
    expect(refusal(spent(0, 4_999_999_999))).toBeNull();
    expect(refusal(spent(0, 5_000_000_000))).toEqual({
      code: 'budget_reached',
      message: 'This month’s budget of $5.00 is used up. It renews on July 1, 00:00 UTC.',
      retryAfterMs: JULY - NOON,
    });
  });

  it('counts what is held: a limit is used up whole and passed by one reservation at most', () => {
    const over = hold(spent(999, 0), { tokens: 300, nano: 0 });
    expect(spendRefusal(over, { limits, now: NOON })?.code).toBe('limit_reached');
    const given = release(over, {
      reserved: { tokens: 300, nano: 0 },
      used: { tokens: 0, nano: 0 },
      at: NOON,
    });
    expect(spendRefusal(given, { limits, now: NOON })).toBeNull();
  });

  it('is of everything where a limit is nothing', () => {
    const none = roll(null, NOON);
    const with0 = (zero: Partial<Limits>) => ({
      limits: { ...limits, ...zero },
      open: 0,
      now: NOON,
    });
    expect(callRefusal(none, with0({ maxConcurrentCalls: 0 }))?.code).toBe('limit_reached');
    expect(callRefusal(none, with0({ maxCallsPerMinute: 0 }))?.code).toBe('rate_limited');
    expect(callRefusal(none, with0({ maxTokensPerDay: 0 }))?.code).toBe('limit_reached');
    expect(callRefusal(none, with0({ maxNanoPerMonth: 0 }))?.code).toBe('budget_reached');
    expect(turnRefusal(none, with0({ maxTurnsPerMinute: 0 }))?.code).toBe('rate_limited');
  });
});

describe('the budget', () => {
  const percent = (nano: number, maxNanoPerMonth = 1_000) =>
    budgetPercent(spent(0, nano), { ...limits, maxNanoPerMonth });

  it('comes to a notice at 80 and at 100 percent, exactly', () => {
    expect([0, 799, 800, 999, 1_000, 5_000].map((nano) => percent(nano))).toEqual([
      0, 0, 80, 80, 100, 100,
    ]);
  });

  it('of nothing is reached, and what is held reaches none', () => {
    expect(percent(0, 0)).toBe(100);
    const held = hold(roll(null, NOON), { tokens: 0, nano: 1_000 });
    expect(budgetPercent(held, { ...limits, maxNanoPerMonth: 1_000 })).toBe(0);
  });

  it('is told with its month, what is used of what, and when it renews', () => {
    expect(budgetOf(spent(0, 4_000_000_000), limits)).toEqual({
      month: JUNE,
      usedNano: 4_000_000_000,
      limitNano: 5_000_000_000,
      percent: 80,
      renewsAt: JULY,
    });
  });
});
