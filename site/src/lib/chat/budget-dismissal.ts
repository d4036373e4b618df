import type { BudgetView } from '../../../../contract/notices.ts';

const KEY = 'budget-notice';

/** Which notice a budget is about: one for each month and percentage. */
export function noticeKey({ month, percent }: Pick<BudgetView, 'month' | 'percent'>): string {
  return `${month}:${percent}`;
}

/** Key of the notice that was last dismissed in this browser; null when none was. */
export function readDismissed(store: Storage): string | null {
  try {
    return store.getItem(KEY);
  } catch {
    return null;
  }
}

/** Keeps that a notice was dismissed. Full or forbidden storage is no reason to fail. */
export function writeDismissed(store: Storage, key: string): void {
  try {
    store.setItem(KEY, key);
  } catch {
    // It is gone from this page, and comes back with the next one.
  }
}
