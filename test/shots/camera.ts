import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { MemberClient } from '../support/member.ts';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
/** A phone and a desktop, px. */
export const WIDTHS = { phone: 390, desktop: 1280 } as const;
const HEIGHTS = { phone: 844, desktop: 800 } as const;
export type Device = keyof typeof WIDTHS;

/** Longest page that is taken whole, px: a picture is to be looked at. */
const MAX_HEIGHT = 6_000;

/** A browser window of a kind, signed in as a member or as nobody. */
export async function openWindow(
  browser: Browser,
  options: { theme: Theme; device: Device; member?: MemberClient; scale?: number },
): Promise<BrowserContext> {
  const { theme, device, member, scale = 1 } = options;
  const context = await browser.newContext({
    locale: 'en-US',
    timezoneId: 'Europe/Lisbon',
    colorScheme: theme,
    reducedMotion: 'reduce',
    viewport: { width: WIDTHS[device], height: HEIGHTS[device] },
    deviceScaleFactor: scale,
    isMobile: device === 'phone',
    hasTouch: device === 'phone',
  });
  if (member) {
    const [name = '', ...value] = member.cookie.split('=');
    await context.addCookies([{ name, value: value.join('='), url: member.origin }]);
  }
  return context;
}

const FORMATS: Record<string, 'png' | 'webp' | 'jpeg'> = {
  '.png': 'png',
  '.webp': 'webp',
  '.jpg': 'jpeg',
};

/** Takes a picture, in the format that its name says; the whole page unless only the screen is wanted. */
export async function takePicture(
  page: Page,
  file: string,
  { isScreen = false, quality = 82 }: { isScreen?: boolean; quality?: number } = {},
): Promise<void> {
  await page.waitForFunction(() =>
    [...document.images].every((image) => image.complete || image.offsetParent === null),
  );
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  const clip = isScreen ? height : Math.min(Math.max(whole, height), MAX_HEIGHT);
  const session = await page.context().newCDPSession(page);
  const format = FORMATS[extname(file)];
  const { data } = await session.send('Page.captureScreenshot', {
    format,
    ...(format === 'png' ? {} : { quality }),
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height: clip, scale: 1 },
  });
  await writeFile(file, Buffer.from(data, 'base64'));
  await session.detach();
}
