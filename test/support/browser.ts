import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { unpackedChromium } from './chromium-from-npm.ts';

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Quiet, and nothing of the package's own arguments, which would switch web security off. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Headless Chromium: `CHROME_PATH`, an installed one, or the one that npm installed. */
export async function launchBrowser(): Promise<Browser> {
  const installed = [process.env['CHROME_PATH'] ?? '', ...INSTALLED].find((path) =>
    existsSync(path),
  );
  if (installed) return chromium.launch({ executablePath: installed, args: ARGS });
  const { executablePath, env } = await unpackedChromium(
    await mkdtemp(join(tmpdir(), 'skm-chromium-')),
  );
  return chromium.launch({ executablePath, env, args: ARGS });
}
