import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../local/runner/paths.ts';

const SKCLAW = join(ROOT, 'dist/cli/skclaw.mjs');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the built skclaw against a running system, with nobody at a terminal; `more` is environment. */
export function runSkclaw(
  url: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Ran> {
  const env = { PATH: process.env['PATH'], SKCLAW_ENV: 'local', SKCLAW_URL: url, ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [SKCLAW, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** The data of a command that must succeed. */
export async function skclawData(url: string, args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runSkclaw(url, args);
  if (code !== 0) throw new Error(`skclaw ${args.join(' ')} exits ${code}: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}
