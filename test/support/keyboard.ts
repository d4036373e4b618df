import type { Page } from 'playwright-core';

/** Tab stops of the longest page, and some: whoever needs more is caught in a circle. */
const MAX_TABS = 80;

/** What has the focus: its role or element, and the name that a screen reader says. */
function focused(page: Page): Promise<{ name: string; tag: string }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) return { name: '', tag: '' };
    const label =
      element instanceof HTMLInputElement ||
      element instanceof HTMLSelectElement ||
      element instanceof HTMLTextAreaElement
        ? (element.labels?.[0]?.textContent ?? '')
        : (element.textContent ?? '');
    const name = element.getAttribute('aria-label') ?? label;
    return { name: name.trim().replaceAll(/\s+/g, ' '), tag: element.tagName.toLowerCase() };
  });
}

/** Presses Tab until what is named has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, wanted: string | RegExp): Promise<void> {
  const seen: string[] = [];
  for (let n = 0; n < MAX_TABS; n += 1) {
    await page.keyboard.press('Tab');
    const { name, tag } = await focused(page);
    if (typeof wanted === 'string' ? name === wanted : wanted.test(name)) return;
    seen.push(`${tag} ${name.slice(0, 30)}`);
  }
  throw new Error(`no Tab comes to ${String(wanted)}: ${seen.join(' | ')}`);
}

/** The name of what has the focus. */
export async function focusedName(page: Page): Promise<string> {
  return (await focused(page)).name;
}
