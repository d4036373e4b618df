import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../local/runner/paths.ts';
import { runToEnd } from '../../local/runner/processes.ts';
import { freePort } from '../../test/support/free-port.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { type Program, startProgram } from './program.ts';
import type { Subject } from './subject.ts';

/** Its own package.json and lock: nothing of it belongs to the system. */
const FOLDER = join(ROOT, 'bench/portkey');
const SERVER = join(FOLDER, 'node_modules/@portkey-ai/gateway/build/start-server.js');

/** Installs Portkey's gateway unless it is there, and starts it as its makers run it, without the console. */
export async function startPortkey(options: {
  upstreamPort: number;
  logFile: string;
  say: (line: string) => void;
}): Promise<{ subject: Subject; program: Program }> {
  const { upstreamPort, logFile, say } = options;
  await ensureInstalled(say);
  const port = await freePort();
  const program = await startProgram({
    command: process.execPath,
    args: [SERVER, `--port=${port}`, '--headless'],
    cwd: FOLDER,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    logFile,
    ready: { fd: 1, pattern: /Ready for connections/ },
  });
  const subject: Subject = {
    name: 'portkey',
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: {
      authorization: 'Bearer bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
    },
    model: 'bench-model',
    cpuSeconds: () => cpuSecondsOf(program.pid),
    settled: () => Promise.resolve(),
  };
  return { subject, program };
}

async function ensureInstalled(say: (line: string) => void): Promise<void> {
  if (existsSync(SERVER)) return;
  say('Installing the Portkey gateway into bench/portkey/ (25 MB, once) …');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runToEnd('npm', args, { cwd: FOLDER });
}
