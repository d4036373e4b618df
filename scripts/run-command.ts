import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { endGroup } from '../local/runner/processes.ts';
import { ROOT } from '../local/runner/paths.ts';
import { descendantGroups } from './process-tree.ts';

/** Output of one command that is kept for the case that it fails, characters; the end is kept. */
const MAX_OUTPUT_CHARS = 200_000;

export interface CommandEnd {
  /** Exit code; null when a signal or the deadline ended it. */
  code: number | null;
  /** What it printed, both streams as they came. */
  output: string;
  durationMs: number;
}

const running = new Set<ChildProcess>();

/** The environment of our tools: what npm installed comes first, its Node included. */
function toolEnv(): NodeJS.ProcessEnv {
  const bin = join(ROOT, 'node_modules/.bin');
  return { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter), NO_COLOR: '1' };
}

/**
 * Runs a command line in a shell at the project's root, in a process group of its own, and waits
 * for its end. After `deadlineMs` it is ended with all it started, and the end says so.
 */
export async function runCommand(
  command: string,
  { deadlineMs }: { deadlineMs: number },
): Promise<CommandEnd> {
  const startedAt = performance.now();
  const child = spawn(command, {
    cwd: ROOT,
    env: toolEnv(),
    shell: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-MAX_OUTPUT_CHARS);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const deadline = setTimeout(() => {
    keep(`\nended after ${deadlineMs / 1000} s\n`);
    void endTree(child, 'SIGTERM');
  }, deadlineMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      keep(String(error));
      resolve(null);
    });
    child.once('close', resolve);
  });
  clearTimeout(deadline);
  running.delete(child);
  return { code, output, durationMs: performance.now() - startedAt };
}

/** Ends whatever runs, with its children: Ctrl-C reaches only this process. */
export async function endRunning(): Promise<void> {
  await Promise.all([...running].map((child) => endTree(child, 'SIGINT')));
}

/** Ends a command and what it started in process groups of its own: a flow's system, for one. */
async function endTree(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid='], { encoding: 'utf8' });
  const groups = descendantGroups(table, child.pid ?? 0);
  await endGroup(child, signal);
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It ended with the command.
    }
  }
}
