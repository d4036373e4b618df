import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execute } from './execute.ts';
import { run } from './run.ts';

// The reader of a pipe may leave early (`skclaw … | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 3);
});

/** Asks on stderr, since stdout is data only. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  // The bundle is dist/cli/skclaw.mjs; a link to it is followed by Node.
  root: fileURLToPath(new URL('../..', import.meta.url)),
  fetch: globalThis.fetch,
  sleep: (ms) => pause(ms),
  random: Math.random,
  now: Date.now,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  execute,
});
