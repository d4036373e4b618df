import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { tabGaps } from './tab-stops.ts';

/** A phone of today, px. */
const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };
/** What stands over a page follows its width a moment later; longer is too late, ms. */
const LAYOUT_TIMEOUT_MS = 5_000;

/** A window of a browser, and what went wrong in its pages. */
export type CheckedWindow = BrowserContext & { problems: string[] };

/** Opens a window of a desktop with a cookie, `name=value` as for `origin`, or as nobody. */
export async function openWindow(
  browser: Browser,
  signedIn?: { cookie: string; origin: string },
): Promise<CheckedWindow> {
  const context = await browser.newContext({ locale: 'en-US', viewport: DESKTOP });
  if (signedIn) {
    const [name = '', ...value] = signedIn.cookie.split('=');
    await context.addCookies([{ name, value: value.join('='), url: signedIn.origin }]);
  }
  const problems: string[] = [];
  context.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) problems.push(message.text());
  });
  context.on('weberror', (error) => problems.push(String(error.error())));
  return Object.assign(context, { problems });
}

/** Opens a page and waits until its script has run: before that nothing answers a click. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address, { waitUntil: 'networkidle' });
}

const isNarrow = (width: number): boolean => document.documentElement.scrollWidth <= width;

type Violation = { id: string; nodes: { html: string }[] };

declare global {
  interface Window {
    axe: { run(options: object): Promise<{ violations: Violation[] }> };
  }
}

/** Runs rules of axe again where it has run before: bringing it into a page costs more than they do. */
async function runAgain(page: Page, rules: string[]): Promise<Violation[]> {
  const { violations } = await page.evaluate(
    (runOnly) => window.axe.run({ runOnly, resultTypes: ['violations'] }),
    rules,
  );
  return violations;
}

/** What axe finds, light and dark, what no Tab comes to, and whether the page is wider than a phone. */
export async function barriers(page: Page): Promise<unknown[]> {
  const found: unknown[] = [];
  const note = (colorScheme: string, violations: readonly Violation[]): void => {
    found.push(...violations.map(({ id, nodes }) => [colorScheme, id, nodes[0]?.html]));
  };
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // Legacy is for pages without frames: otherwise each look opens a second page to collect in.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  note('light', (await axe.analyze()).violations);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  // The themes differ by their colours and by nothing else.
  note('dark', await runAgain(page, ['color-contrast', 'link-in-text-block']));
  found.push(...(await tabGaps(page)));
  await page.setViewportSize(PHONE);
  const fits = page.waitForFunction(isNarrow, PHONE.width, { timeout: LAYOUT_TIMEOUT_MS });
  await fits.catch(() => found.push(['phone', 'scrolls sideways']));
  await page.setViewportSize(DESKTOP);
  return found;
}
