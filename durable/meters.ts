import { z } from 'zod';
import type { AllowanceView } from '../contract/allowance.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { Limits } from '../contract/limits.ts';
import { monthStart, nextMonthStart } from '../contract/months.ts';
import { BUDGET_NOTICE_PERCENTS, type BudgetView } from '../contract/notices.ts';

const amount = z.number().int();

/**
 * What one agent has used, and holds for attempts that are not final, in the calendar windows (UTC)
 * that are. A reservation belongs to the windows in which its attempt began.
 */
export const meters = z.object({
  minute: z.object({ start: amount, calls: amount, turns: amount }),
  day: z.object({ start: amount, tokens: amount, heldTokens: amount }),
  month: z.object({
    start: amount,
    nano: amount,
    heldNano: amount,
    /** The notice that was given for it. */
    percent: z.union([z.literal(0), z.literal(80), z.literal(100)]),
  }),
  /** Attempts that are not final: at least as many as are under way. Null where none counted them. */
  held: amount.nullable().default(null),
});
export type Meters = z.infer<typeof meters>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The meters with the windows of `now`; one that is over starts again at nothing. */
export function roll(before: Meters | null, now: number): Meters {
  const minute = now - (now % MINUTE_MS);
  const day = now - (now % DAY_MS);
  // A clock that was set back opens no window a second time.
  if (before && before.minute.start >= minute) return before;
  const isSameDay = before !== null && before.day.start >= day;
  return {
    minute: { start: minute, calls: 0, turns: 0 },
    day: isSameDay ? before.day : { start: day, tokens: 0, heldTokens: 0 },
    month:
      before !== null && (isSameDay || before.month.start >= monthStart(now))
        ? before.month
        : { start: monthStart(now), nano: 0, heldNano: 0, percent: 0 },
    held: before === null ? 0 : before.held,
  };
}

/** Why something is refused, for a reader; `retryAfterMs` is when it may be tried again. */
export interface LimitRefusal {
  code: Extract<ErrorCode, 'rate_limited' | 'limit_reached' | 'budget_reached'>;
  message: string;
  retryAfterMs: number;
}

const dollars = (nano: number): string => `$${(nano / 1e9).toFixed(2)}`;
const monthAndDay = new Intl.DateTimeFormat('en', {
  month: 'long',
  day: 'numeric',
  timeZone: 'UTC',
});

/** Why no call may begin, or null. `meter` is of the windows of `now`; `open` are calls under way. */
export function callRefusal(
  meter: Meters,
  { limits, open, now }: { limits: Limits; open: number; now: number },
): LimitRefusal | null {
  if (open >= limits.maxConcurrentCalls) {
    return {
      code: 'limit_reached',
      message: `At most ${limits.maxConcurrentCalls} model calls may run at once. Try again soon.`,
      retryAfterMs: 1_000,
    };
  }
  if (meter.minute.calls >= limits.maxCallsPerMinute) {
    return minuteRefusal(`At most ${limits.maxCallsPerMinute} model calls a minute.`, meter, now);
  }
  return spendRefusal(meter, { limits, now });
}

function minuteRefusal(what: string, meter: Meters, now: number): LimitRefusal {
  const retryAfterMs = Math.max(1, meter.minute.start + MINUTE_MS - now);
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return {
    code: 'rate_limited',
    message: `${what} Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    retryAfterMs,
  };
}

/**
 * Why nothing more may be spent, or null. What is held counts, so a limit is passed by no more than
 * what one call reserves, and can still be used up whole.
 */
export function spendRefusal(
  meter: Meters,
  { limits, now }: { limits: Limits; now: number },
): LimitRefusal | null {
  const { day, month } = meter;
  if (day.tokens + day.heldTokens >= limits.maxTokensPerDay) {
    const tokens = limits.maxTokensPerDay.toLocaleString('en');
    return {
      code: 'limit_reached',
      message: `Today’s limit of ${tokens} tokens is used up. It resets at 00:00 UTC.`,
      retryAfterMs: Math.max(1, day.start + DAY_MS - now),
    };
  }
  if (month.nano + month.heldNano >= limits.maxNanoPerMonth) {
    const renewsAt = nextMonthStart(month.start);
    return {
      code: 'budget_reached',
      message: `This month’s budget of ${dollars(limits.maxNanoPerMonth)} is used up. It renews on ${monthAndDay.format(renewsAt)}, 00:00 UTC.`,
      retryAfterMs: Math.max(1, renewsAt - now),
    };
  }
  return null;
}

/** Why no message may be taken now, or null. */
export function turnRefusal(
  meter: Meters,
  { limits, now }: { limits: Limits; now: number },
): LimitRefusal | null {
  if (meter.minute.turns < limits.maxTurnsPerMinute) return null;
  return minuteRefusal(`At most ${limits.maxTurnsPerMinute} messages a minute.`, meter, now);
}

/** One message more. */
export function countTurn(meter: Meters): Meters {
  return { ...meter, minute: { ...meter.minute, turns: meter.minute.turns + 1 } };
}

/** One call more. */
export function countCall(meter: Meters): Meters {
  return { ...meter, minute: { ...meter.minute, calls: meter.minute.calls + 1 } };
}

/** Tokens and nano-dollars. */
export interface Amount {
  tokens: number;
  nano: number;
}
export const NOTHING: Amount = { tokens: 0, nano: 0 };

/** Holds what an attempt that begins now may use. */
export function hold(meter: Meters, reserved: Amount): Meters {
  const held = { held: reserved, used: NOTHING, at: Number.POSITIVE_INFINITY };
  return { ...count(meter, held), held: meter.held === null ? null : meter.held + 1 };
}

/** Books what an attempt has used in place of what was held for it; `at` is when it began. */
export function release(
  meter: Meters,
  { reserved, used, at }: { reserved: Amount; used: Amount; at: number },
): Meters {
  const held = { tokens: -reserved.tokens, nano: -reserved.nano };
  const released = meter.held === null ? null : Math.max(0, meter.held - 1);
  return { ...count(meter, { held, used, at }), held: released };
}

/** Adds to what is held and used in the windows in which an attempt began, `at`. */
export function count(
  meter: Meters,
  { held, used, at }: { held: Amount; used: Amount; at: number },
): Meters {
  const { day, month } = meter;
  return {
    ...meter,
    day:
      at < day.start
        ? day
        : {
            ...day,
            tokens: day.tokens + used.tokens,
            heldTokens: day.heldTokens + held.tokens,
          },
    month:
      at < month.start
        ? month
        : { ...month, nano: month.nano + used.nano, heldNano: month.heldNano + held.nano },
  };
}

/** The notice that the month has come to: the highest percentage of the budget that is used. */
export function budgetPercent(meter: Meters, limits: Limits): BudgetView['percent'] {
  const { nano } = meter.month;
  // Of a budget of nothing nothing can be used up; it is reached all the same.
  if (limits.maxNanoPerMonth === 0) return 100;
  const reached = BUDGET_NOTICE_PERCENTS.filter(
    (percent) => nano * 100 >= limits.maxNanoPerMonth * percent,
  );
  return reached.at(-1) ?? 0;
}

/** How far the month's budget is used, as members see it. */
export function budgetOf(meter: Meters, limits: Limits): BudgetView {
  return {
    month: meter.month.start,
    usedNano: meter.month.nano,
    limitNano: limits.maxNanoPerMonth,
    percent: budgetPercent(meter, limits),
    renewsAt: nextMonthStart(meter.month.start),
  };
}

/** What is used of the day's tokens, as members see it. */
export function todayOf({ day }: Meters): AllowanceView['today'] {
  return { start: day.start, usedTokens: day.tokens, renewsAt: day.start + DAY_MS };
}
