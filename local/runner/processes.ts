import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Output of a failed command that its error repeats, in characters. */
const TAIL_CHARS = 4_000;
/** Time between SIGINT and SIGKILL for a child that does not end, ms. */
const KILL_AFTER_MS = 5_000;

/** Runs a command to its end; its output is shown only when it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-TAIL_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** Ends a child that leads its own process group, with everything it started. */
export async function endGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined) return;
  const group = -child.pid;
  const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
  sendToGroup(group, signal);
  const timer = setTimeout(() => sendToGroup(group, 'SIGKILL'), KILL_AFTER_MS);
  await gone;
  clearTimeout(timer);
  // Whatever outlived the leader.
  sendToGroup(group, 'SIGKILL');
}

function sendToGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(group, signal);
  } catch {
    // The group is gone already.
  }
}
