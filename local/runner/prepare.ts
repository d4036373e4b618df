import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './paths.ts';
import { runToEnd } from './processes.ts';

const SANDBOX = join(ROOT, 'sandbox');
const SITE_WORKER = join(ROOT, '.svelte-kit/worker/_worker.js');

async function pinnedOpenClaw(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(SANDBOX, 'package.json'), 'utf8')) as {
    dependencies: { openclaw: string };
  };
  return manifest.dependencies.openclaw;
}

async function installedOpenClaw(): Promise<string | null> {
  try {
    const path = join(SANDBOX, 'node_modules/openclaw/package.json');
    return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}

/** Installs OpenClaw (650 MB) from sandbox/'s own lock, unless the pinned version is there. */
export async function ensureOpenClaw(say: (line: string) => void): Promise<void> {
  const pinned = await pinnedOpenClaw();
  if ((await installedOpenClaw()) === pinned) return;
  say(`Installing OpenClaw ${pinned} into sandbox/ (650 MB, about a minute, once) …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = [
    'ci',
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  await runToEnd(npm, args, { cwd: SANDBOX });
}

async function newestChange(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const times = entries
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(0, ...times);
}

/** Builds the site when it was never built, or something it is made of has changed since. */
export async function ensureSite(say: (line: string) => void): Promise<void> {
  const folders = ['site', 'contract'].map((name) => newestChange(join(ROOT, name)));
  const files = ['_headers', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'];
  const sources = [
    ...(await Promise.all(folders)),
    ...files.map((name) => statSync(join(ROOT, name)).mtimeMs),
  ];
  if (existsSync(SITE_WORKER) && statSync(SITE_WORKER).mtimeMs > Math.max(...sources)) return;
  say('Building the site …');
  await runToEnd(
    process.execPath,
    [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'],
    {
      cwd: ROOT,
    },
  );
}
