import type { BudgetView } from '../../../../contract/notices.ts';

const DOLLAR_NANO = 1_000_000_000;
const CENT_NANO = DOLLAR_NANO / 100;

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const dollars = (nano: number): string => money.format(nano / DOLLAR_NANO);
/** The date as the agent's own refusals write it: both may stand on one page. */
const monthAndDay = new Intl.DateTimeFormat('en', {
  month: 'long',
  day: 'numeric',
  timeZone: 'UTC',
});

/**
 * How the month's budget stands, for a member; null while there is nothing to tell, and from the
 * moment it renews. `now` is this device's clock, UTC ms.
 */
export function budgetWords(budget: BudgetView, now: number): string | null {
  const { usedNano, limitNano, percent, renewsAt } = budget;
  if (percent === 0 || now >= renewsAt) return null;
  if (limitNano === 0) {
    return 'Your agent has no budget, so it cannot answer. Ask your operator to set one.';
  }
  const day = monthAndDay.format(renewsAt);
  if (percent === 100) {
    return `This month’s budget of ${dollars(limitNano)} is used up. Your agent answers again when it renews, on ${day} at 00:00 UTC, or when your operator raises it.`;
  }
  // Rounded down, both: a budget that is not used up must not read as if it were.
  const part = Math.floor((usedNano * 100) / limitNano);
  const used = dollars(usedNano - (usedNano % CENT_NANO));
  return `${part}% of this month’s budget is used (${used} of ${dollars(limitNano)}). It renews on ${day}.`;
}
