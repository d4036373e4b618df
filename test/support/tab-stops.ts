import type { Page } from 'playwright-core';

/** More stops than any page has: what comes no further is caught in a circle. */
const MAX_STOPS = 400;

declare global {
  interface Window {
    /** The controls that Tab is to come to, in the order of the page. */
    tabStops?: HTMLElement[];
    /** Those it has come to, and those of them that did not show it. */
    tabsSeen?: { reached: Set<HTMLElement>; dark: Set<HTMLElement> };
  }
}

/** Remembers what can be used on the page, and puts the focus before its first control. */
function noteStops(): number {
  const controls = 'a[href], button, input, select, textarea, summary, [role="switch"], [tabindex]';
  // One Tab comes to these, and arrows go on within.
  const composites = '[role="menu"], [role="tablist"], [role="radiogroup"], [role="listbox"]';
  const within = document.querySelector('[role="dialog"], [role="alertdialog"]') ?? document;
  const all = [...within.querySelectorAll<HTMLElement>(controls)];
  const isChosen = (element: HTMLElement): boolean => {
    if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true;
    const group = all.filter(
      (other) =>
        other instanceof HTMLInputElement && other.type === 'radio' && other.name === element.name,
    ) as HTMLInputElement[];
    return element === (group.find(({ checked }) => checked) ?? group[0]);
  };
  window.tabStops = all.filter(
    (element) =>
      element.checkVisibility({ visibilityProperty: true }) &&
      !element.matches(':disabled, [type="hidden"]') &&
      element.closest('[inert], [aria-hidden="true"]') === null &&
      isChosen(element) &&
      !(element.tabIndex < 0 && element.closest(composites) !== null) &&
      // A place to jump to, and no control.
      !(element.tabIndex < 0 && element.matches('main, section, [role="dialog"] *:not(button, a)')),
  );
  if (within === document) {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  }
  return window.tabStops.length;
}

/** Notes what gets the focus, and whether it is seen to have it. */
function noteFocus(): void {
  const seen = { reached: new Set<HTMLElement>(), dark: new Set<HTMLElement>() };
  window.tabsSeen = seen;
  const note = (): void => {
    const element = document.activeElement as HTMLElement;
    seen.reached.add(element);
    const { outlineStyle, boxShadow } = getComputedStyle(element);
    // A radio is drawn by its label.
    const label = element instanceof HTMLInputElement ? element.labels?.[0] : null;
    const labelOutline = label ? getComputedStyle(label).outlineStyle : 'none';
    const isField = element.matches('textarea, input');
    if (outlineStyle === 'none' && boxShadow === 'none' && labelOutline === 'none' && !isField)
      seen.dark.add(element);
  };
  document.addEventListener('focusin', note);
}

/** What the walk has shown to be wrong, and where. */
function gapsSeen(): [what: string, html: string][] {
  const [stops, seen] = [window.tabStops ?? [], window.tabsSeen];
  const missed = stops.filter((stop) => !seen?.reached.has(stop));
  const dark = stops.filter((stop) => seen?.dark.has(stop));
  return [
    ...missed.map(({ outerHTML }): [string, string] => ['no Tab comes to', outerHTML]),
    ...dark.map(({ outerHTML }): [string, string] => ['the focus is not seen on', outerHTML]),
  ];
}

/** What stands there and Tab never comes to, and what does not show that it has the focus. */
export async function tabGaps(page: Page): Promise<string[]> {
  if (await page.getByRole('menu').first().isVisible()) return [];
  const count = await page.evaluate(noteStops);
  await page.evaluate(noteFocus);
  // A date has stops within itself: its day, month, year and calendar.
  const dates = (await page.locator('input[type="date"]').count()) * 3;
  for (let n = 0; n < Math.min(count + dates + 3, MAX_STOPS); n += 1)
    await page.keyboard.press('Tab');
  const gaps = await page.evaluate(gapsSeen);
  return gaps.map(([what, html]) => `${what} ${html.slice(0, 160)}`);
}
