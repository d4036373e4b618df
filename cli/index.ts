import { setTimeout as pause } from 'node:timers/promises';
import { run } from './run.ts';

// The reader of a pipe may leave early (`skclaw … | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exitCode = error.code === 'EPIPE' ? 0 : 3;
});

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  fetch: globalThis.fetch,
  sleep: (ms) => pause(ms),
  random: Math.random,
});
