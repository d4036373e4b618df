import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BudgetView } from '../../../../../contract/notices.ts';
import BudgetBanner from './BudgetBanner.svelte';

const RENEWS_AT = Date.UTC(2026, 11);
const NEARLY: BudgetView = {
  month: Date.UTC(2026, 10),
  usedNano: 4_100_000_000,
  limitNano: 5_000_000_000,
  percent: 80,
  renewsAt: RENEWS_AT,
};
const USED_UP: BudgetView = { ...NEARLY, usedNano: 5_000_000_000, percent: 100 };
const NEXT_MONTH: BudgetView = { ...NEARLY, month: RENEWS_AT, renewsAt: Date.UTC(2027, 0) };

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 20) });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function setUp(budget: BudgetView | null) {
  const onfocuslost = vi.fn<() => void>();
  return { onfocuslost, view: render(BudgetBanner, { budget, onfocuslost }) };
}

const told = (): string => screen.getByRole('status').textContent;
const dismissButton = () => screen.queryByRole('button', { name: 'Dismiss' });

async function dismiss(init: MouseEventInit = {}): Promise<void> {
  const button = dismissButton();
  if (button === null) throw new Error('there is nothing to dismiss');
  await fireEvent.click(button, init);
}

test('the place of the notice is there before the notice, so that it is announced', async () => {
  const { view } = setUp(null);
  const place = screen.getByRole('status');
  expect(told()).toBe('');
  await view.rerender({ budget: NEARLY });
  expect(screen.getByRole('status')).toBe(place);
  expect(told()).toContain('82%');
});

test('a notice that is dismissed is gone, also on the next page', async () => {
  const { view } = setUp(NEARLY);
  await dismiss();
  expect(told()).toBe('');
  expect(dismissButton()).toBeNull();
  view.unmount();
  setUp(NEARLY);
  expect(told()).toBe('');
});

test('a dismissed notice stays gone when more is used, and comes back when all is', async () => {
  const { view } = setUp(NEARLY);
  await dismiss();
  await view.rerender({ budget: { ...NEARLY, usedNano: 4_900_000_000 } });
  expect(told()).toBe('');
  await view.rerender({ budget: USED_UP });
  expect(told()).toContain('is used up');
});

test('the next month has a notice of its own', async () => {
  const { view } = setUp(NEARLY);
  await dismiss();
  vi.setSystemTime(RENEWS_AT);
  await view.rerender({ budget: NEXT_MONTH });
  expect(told()).toContain('82%');
});

test('that the budget is used up cannot be dismissed', () => {
  setUp(USED_UP);
  expect(told()).toContain('is used up');
  expect(dismissButton()).toBeNull();
});

test('a notice goes when the budget is raised', async () => {
  const { view } = setUp(USED_UP);
  await view.rerender({ budget: { ...USED_UP, limitNano: 50_000_000_000, percent: 0 } });
  expect(told()).toBe('');
});

test('a page that stays open past the renewal drops the notice by itself', async () => {
  vi.setSystemTime(RENEWS_AT - 30_000);
  setUp(USED_UP);
  expect(told()).toContain('is used up');
  vi.advanceTimersByTime(60_000);
  await tick();
  expect(told()).toBe('');
});

test('the focus is handed on after a key, and left alone after a finger', async () => {
  const key = setUp(NEARLY);
  await dismiss({ detail: 0 });
  expect(key.onfocuslost).toHaveBeenCalledOnce();
  cleanup();
  localStorage.clear();
  const finger = setUp(NEARLY);
  await dismiss({ detail: 1 });
  expect(told()).toBe('');
  expect(finger.onfocuslost).not.toHaveBeenCalled();
});
