import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Status } from '../status-board.ts';
import { listen } from './listen.ts';

/** The bearer token of every supervisor a test starts. */
export const TOKEN = 'supervisor-token-of-a-test';
/** OpenClaw's token there. */
export const GATEWAY_TOKEN = 'gateway-token-of-a-test';

/** A supervisor that runs as a process of its own, as in a container. */
export interface SupervisorRun {
  port: number;
  child: ChildProcess;
  /** What it wrote to stdout and stderr so far. */
  output: () => string;
  /** Calls a route with the token. */
  call: (path: string, init?: RequestInit) => Promise<Response>;
  /** Follows the status until `wanted` holds. @returns every stage seen and the last status. */
  until: (wanted: (status: Status) => boolean) => Promise<{ stages: string[]; status: Status }>;
  /** Closes the engine's pipe, as an engine that dies does, and waits for the end. */
  close: () => Promise<void>;
}

/** Starts the supervisor under an engine's pipe, on a port of the tests' range. */
export async function runSupervisor(env: Record<string, string>): Promise<SupervisorRun> {
  const port = await freeTestPort();
  const child = spawn(process.execPath, [fileURLToPath(new URL('../start.mjs', import.meta.url))], {
    env: {
      PATH: process.env.PATH ?? '',
      PORT: String(port),
      SK_ENGINE_FD: '3',
      SK_GENERATION: '1',
      SK_SUPERVISOR_TOKEN: TOKEN,
      OPENCLAW_GATEWAY_TOKEN: GATEWAY_TOKEN,
      ...env,
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
    });
  return {
    port,
    child,
    call,
    output: () => output,
    until: (wanted) => follow(call, wanted),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.stdio[3]?.destroy();
      await ended;
    },
  };
}

async function follow(call: SupervisorRun['call'], wanted: (status: Status) => boolean) {
  const stages: string[] = [];
  for (let since = ''; ;) {
    const status = (await (await call(`/status?since=${since}`)).json()) as Status;
    if (stages.at(-1) !== status.stage) stages.push(status.stage);
    if (wanted(status)) return { stages, status };
    since = String(status.rev);
  }
}

async function freeTestPort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
