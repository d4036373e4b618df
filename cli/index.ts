import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askAtTerminal } from './ask.ts';
import { execute } from './execute.ts';
import { holdSignals } from './hold-signals.ts';
import { run } from './run.ts';

// The reader of a pipe may leave early (`skclaw … | head`); that is no failure, and hides none.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 3);
});
// Nobody reads what is said of the progress (`2>&1 | head`): what was begun, a release say, goes on.
process.stderr.on('error', () => undefined);

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
  // On stderr, since stdout is data only.
  ...(process.stdin.isTTY && process.stderr.isTTY
    ? {
        ask: (question) =>
          askAtTerminal(question, { input: process.stdin, output: process.stderr }),
      }
    : {}),
  holdSignals,
  execute,
});
