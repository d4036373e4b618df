import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { ROOT } from '../../local/runner/paths.ts';
import { launchBrowser } from '../support/browser.ts';
import { openWindow, takePicture, THEMES, WIDTHS, type Device, type Theme } from './camera.ts';
import { writeFonts } from './fonts.ts';
import { SHOTS } from './pages.ts';
import { makeScene, type Scene } from './seed.ts';
import type { Shot } from './shot.ts';
import { publish } from './publish.ts';

const { values } = parseArgs({
  options: {
    /** The double of OpenClaw instead of the real one: sooner there, and without tools. */
    double: { type: 'boolean', default: false },
    /** Only the shots whose names begin so. */
    only: { type: 'string', default: '' },
    /** Also writes the chosen ones to where the README and the public page have them. */
    publish: { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, '.local/shots') },
  },
});

async function shoot(
  browser: Browser,
  scene: Scene,
  { shot, theme, device }: { shot: Shot; theme: Theme; device: Device },
): Promise<void> {
  const member = shot.as === 'nobody' ? undefined : scene[shot.as];
  const context = await openWindow(browser, { theme, device, member });
  try {
    const page = await context.newPage();
    await page.goto(shot.at(scene), { waitUntil: 'load' });
    await page.evaluate(() => document.fonts.ready);
    await shot.prepare?.(page);
    const file = join(values.out, `${shot.name}-${theme}-${device}.png`);
    await takePicture(page, file, { isScreen: shot.isScreen });
  } finally {
    await context.close();
  }
}

const dir = await mkdtemp(join(tmpdir(), 'skm-shots-'));
await mkdir(values.out, { recursive: true });
process.env['FONTCONFIG_FILE'] ??= await writeFonts(dir);
const [scene, browser] = await Promise.all([makeScene(dir, !values.double), launchBrowser()]);
let failures = 0;
try {
  // Before the shots that put the agent to sleep.
  if (values.publish) await publish(browser, scene);
  for (const shot of SHOTS.filter(({ name }) => name.startsWith(values.only))) {
    for (const theme of THEMES) {
      for (const device of Object.keys(WIDTHS) as Device[]) {
        await shoot(browser, scene, { shot, theme, device }).catch((error: unknown) => {
          failures += 1;
          console.error(`${shot.name} ${theme} ${device}: ${String(error).slice(0, 400)}`);
        });
      }
    }
    console.log(shot.name);
  }
} finally {
  await browser.close();
  await scene.close();
  await rm(dir, { recursive: true, force: true });
}
console.log(`${values.out}: ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
