import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { ROOT } from '../../local/runner/paths.ts';
import { openWindow, takePicture, THEMES } from './camera.ts';
import { SHOTS } from './pages.ts';
import type { Scene } from './seed.ts';

/** Pictures of the public page, which Vite names by their content. */
const SITE = join(ROOT, 'site/src/lib/public/pictures');
/** Pictures of the README. */
const DOCS = join(ROOT, 'docs/images');

/** What other sites show for a link to ours, at the size that they expect. */
const CARD = join(ROOT, 'site/static/card.jpg');

/** Enough for a sharp picture at half its width, and small. */
const SCALE = 1.5;

/** Writes the chosen pictures to where they are shown. */
export async function publish(browser: Browser, scene: Scene): Promise<void> {
  await mkdir(SITE, { recursive: true });
  await mkdir(DOCS, { recursive: true });
  const shown = [
    { name: 'chat', device: 'desktop', folder: SITE },
    { name: 'chat', device: 'phone', folder: SITE },
    { name: 'chat', device: 'desktop', folder: DOCS },
    { name: 'settings-usage', device: 'desktop', folder: DOCS },
    { name: 'agent-ready', device: 'desktop', folder: DOCS },
    { name: 'admin-overview', device: 'desktop', folder: DOCS },
  ] as const;
  for (const { name, device, folder } of shown) {
    const shot = SHOTS.find((one) => one.name === name);
    if (!shot) throw new Error(`there is no shot ${name}`);
    for (const theme of THEMES) {
      const member = shot.as === 'nobody' ? undefined : scene[shot.as];
      const context = await openWindow(browser, { theme, device, member, scale: SCALE });
      const page = await context.newPage();
      await page.goto(shot.at(scene), { waitUntil: 'load' });
      await shot.prepare?.(page);
      const file = join(folder, `${name}-${device}-${theme}.webp`);
      await takePicture(page, file, { isScreen: true });
      await context.close();
    }
  }
  await takeCard(browser, scene);
}

async function takeCard(browser: Browser, scene: Scene): Promise<void> {
  const context = await openWindow(browser, {
    theme: 'light',
    device: 'desktop',
    member: scene.owner,
  });
  const page = await context.newPage();
  await page.setViewportSize({ width: 1200, height: 630 });
  const shot = SHOTS.find(({ name }) => name === 'chat');
  await page.goto(shot?.at(scene) ?? '', { waitUntil: 'load' });
  await shot?.prepare?.(page);
  await takePicture(page, CARD, { isScreen: true });
  await context.close();
}
