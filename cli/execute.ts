import { spawn } from 'node:child_process';
import type { Executed, ExecuteOptions } from './io.ts';

/** Kept of what a program writes to each of its outputs, characters: the end is what matters. */
const MAX_KEPT_CHARS = 4 * 1024 * 1024;

/** Longest run of a program, ms: an image that is built anew and pushed over a slow line. */
const PROGRAM_TIMEOUT_MS = 1_800_000;

/** Runs a program to its end, or to its time limit; one that can't be started ends with 127 and says why. */
export function execute(
  file: string,
  args: readonly string[],
  { cwd, env, input }: ExecuteOptions,
): Promise<Executed> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...env },
      stdio: 'pipe',
      timeout: PROGRAM_TIMEOUT_MS,
    });
    const kept = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        kept[name] = (kept[name] + text).slice(-MAX_KEPT_CHARS);
      });
    }
    child.on('error', (error) => resolve({ ...kept, code: 127, stderr: error.message }));
    child.on('close', (code, signal) => resolve({ ...kept, code: code ?? (signal ? 1 : 0) }));
    // A program that ends before it has read all of it says so by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}
