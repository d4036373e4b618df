import { expect, test } from 'vitest';
import type { BudgetView } from '../../../../contract/notices.ts';
import { budgetWords } from './budget-words.ts';

const MONTH = Date.UTC(2026, 10);
const RENEWS_AT = Date.UTC(2026, 11);
const MID_MONTH = Date.UTC(2026, 10, 20);

function budget(usedNano: number, change: Partial<BudgetView> = {}): BudgetView {
  return {
    month: MONTH,
    usedNano,
    limitNano: 5_000_000_000,
    percent: 80,
    renewsAt: RENEWS_AT,
    ...change,
  };
}

test('below the first notice there is nothing to tell', () => {
  expect(budgetWords(budget(3_900_000_000, { percent: 0 }), MID_MONTH)).toBeNull();
});

test('from 80 percent on it tells how much is used, and when the budget renews', () => {
  expect(budgetWords(budget(4_100_000_000), MID_MONTH)).toBe(
    '82% of this month’s budget is used ($4.10 of $5.00). It renews on December 1.',
  );
});

test('a budget that is nearly used up does not read as used up', () => {
  expect(budgetWords(budget(4_999_999_999), MID_MONTH)).toContain('99%');
  expect(budgetWords(budget(4_999_999_999), MID_MONTH)).toContain('($4.99 of $5.00)');
});

test('a budget that is used up tells what it means and when it ends', () => {
  expect(budgetWords(budget(5_030_000_000, { percent: 100 }), MID_MONTH)).toBe(
    'This month’s budget of $5.00 is used up. Your agent answers again when it renews, on December 1 at 00:00 UTC, or when your operator raises it.',
  );
});

test('an agent without any budget is told of as such, since no month renews that', () => {
  expect(budgetWords(budget(0, { percent: 100, limitNano: 0 }), MID_MONTH)).toBe(
    'Your agent has no budget, so it cannot answer. Ask your operator to set one.',
  );
});

test('large sums are grouped', () => {
  const large = budget(1_000_000_000_000, { limitNano: 1_250_000_000_000 });
  expect(budgetWords(large, MID_MONTH)).toContain('($1,000.00 of $1,250.00)');
});

test.each([80, 100] as const)('a notice of %s percent ends when the budget renews', (percent) => {
  const told = budget(5_000_000_000, { percent });
  expect(budgetWords(told, RENEWS_AT - 1)).not.toBeNull();
  expect(budgetWords(told, RENEWS_AT)).toBeNull();
});
