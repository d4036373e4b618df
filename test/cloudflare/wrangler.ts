import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../../cli/testing/compile-cache.ts';
import type { CloudflareServer } from './server.ts';

const WRANGLER = join(import.meta.dirname, '../../node_modules/wrangler/bin/wrangler.js');

export interface WranglerRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What wrangler wrote to WRANGLER_OUTPUT_FILE_PATH, line by line. */
  outputs: (Record<string, unknown> & { type: string })[];
}

/**
 * What makes wrangler ask nobody, phone nowhere and keep to itself. No banner also means no check
 * for updates; error reports are a setting of their own beside metrics; a log file would be left in
 * the home folder with each failure.
 */
const QUIET = {
  CI: 'true',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
};

/** Runs the real wrangler against the scripted API. */
export async function wrangler(
  account: CloudflareServer,
  options: { cwd: string; args: string[]; env?: Record<string, string> },
): Promise<WranglerRun> {
  const home = await mkdtemp(join(tmpdir(), 'wrangler-home-'));
  const output = join(home, 'output.ndjson');
  const child = spawn(process.execPath, [WRANGLER, ...options.args], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      ...QUIET,
      ...COMPILE_CACHE,
      CLOUDFLARE_API_BASE_URL: account.url,
      CLOUDFLARE_API_TOKEN: account.state.token.value,
      CLOUDFLARE_ACCOUNT_ID: account.state.accountId,
      WRANGLER_OUTPUT_FILE_PATH: output,
      WRANGLER_LOG_PATH: join(home, 'logs'),
      ...options.env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const written = existsSync(output) ? readFileSync(output, 'utf8').trimEnd().split('\n') : [];
  await rm(home, { recursive: true });
  return {
    code,
    stdout,
    stderr,
    outputs: written.map((line) => JSON.parse(line) as WranglerRun['outputs'][number]),
  };
}
