import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './paths.ts';
import { endGroup, runToEnd } from './processes.ts';

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
/** `wrangler dev` is ready in 2 to 4 s; a busy machine takes longer, ms. */
const READY_TIMEOUT_MS = 90_000;
const READY_POLL_MS = 100;

export interface WorkerOptions {
  port: number;
  stateDir: string;
  varsFile: string;
  /** What wrangler needs to find the container engine. */
  engineEnv: Record<string, string>;
}

export interface WorkerProcess {
  /** Ends wrangler and workerd. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Resolves when it ends, wanted or not. */
  ended: Promise<number | null>;
  pid: number;
}

/** What wrangler gets: nothing of ours but what it needs, and no look-ups in the cloud. */
function wranglerEnv(extra: Record<string, string>): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TMPDIR: process.env['TMPDIR'],
    CI: '1',
    NO_COLOR: '1',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    ...extra,
  };
}

/** Brings the local D1 to this release's schema. */
export async function migrateD1(stateDir: string): Promise<void> {
  const args = [
    WRANGLER,
    'd1',
    'migrations',
    'apply',
    'DB',
    '--local',
    '--persist-to',
    join(stateDir, 'state'),
  ];
  await runToEnd(process.execPath, args, { cwd: ROOT, env: wranglerEnv({}) });
}

/** Starts `wrangler dev` in a process group of its own and waits until the Worker answers. */
export async function startWorker(options: WorkerOptions): Promise<WorkerProcess> {
  const { port, stateDir, varsFile, engineEnv } = options;
  const flags = {
    ip: '127.0.0.1',
    port: String(port),
    'inspector-port': '0',
    'persist-to': join(stateDir, 'state'),
    'env-file': varsFile,
    'show-interactive-dev-session': 'false',
    'log-level': 'log',
  };
  const args = [
    WRANGLER,
    'dev',
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  ];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: wranglerEnv(engineEnv),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(stateDir, 'worker.log'), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    await untilHealthy(child, port, join(stateDir, 'worker.log'));
  } catch (error) {
    await endGroup(child, 'SIGKILL');
    throw error;
  }
  return { ended, pid: child.pid ?? 0, stop: (signal = 'SIGINT') => endGroup(child, signal) };
}

async function untilHealthy(child: ChildProcess, port: number, logFile: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`wrangler dev ended with ${child.exitCode}; see ${logFile}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      if (response.ok) return;
      last = await response.text();
    } catch {
      // Nothing listens yet.
    }
    await sleep(READY_POLL_MS);
  }
  throw new Error(`the Worker did not become healthy (${last}); see ${logFile}`);
}
