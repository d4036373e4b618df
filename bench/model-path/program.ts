import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { endGroup } from '../../local/runner/processes.ts';

/** Portkey takes the longest to start, about a second; more is a hang, ms. */
const READY_TIMEOUT_MS = 60_000;

export interface ProgramOptions {
  command: string;
  args: readonly string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** What it reads from its standard input, which is then closed. */
  input?: Uint8Array;
  /** Where its output goes. */
  logFile: string;
  /** Says where it listens: a line on `fd` that matches; the group `port` is its port. */
  ready: { fd: 1 | 3; pattern: RegExp };
}

/** A program beside the bench, in a process group of its own. */
export interface Program {
  pid: number;
  /** Where it listens on loopback; NaN when its line did not say. */
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until it says that it is ready. What it prints goes to the log file,
 * past this process wherever the ready line does not come on standard output. It ends with this
 * process at the latest.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { command, args, cwd, env, input, logFile, ready } = options;
  const log = createWriteStream(logFile, { flags: 'a' });
  await once(log, 'open');
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: [
      input ? 'pipe' : 'ignore',
      ready.fd === 1 ? 'pipe' : log,
      log,
      ready.fd === 3 ? 'pipe' : 'ignore',
    ],
  });
  child.stdin?.end(input);
  const kill = (): void => killGroup(child.pid);
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await endGroup(child, 'SIGTERM');
    log.close();
  };
  try {
    const exited = once(child, 'exit').then(([code]): never => {
      throw new Error(`${command} ended with ${String(code)}; see ${logFile}`);
    });
    const port = await Promise.race([
      readyPort(child.stdio[ready.fd] as Readable, ready, log),
      exited,
    ]);
    exited.catch(() => undefined);
    return { pid: child.pid ?? 0, port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For the end of this process, which waits for nothing. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Everything that comes goes on to the log, or the program would one day wait for its reader. */
async function readyPort(
  source: Readable,
  { pattern }: ProgramOptions['ready'],
  log: WriteStream,
): Promise<number> {
  source.pipe(log, { end: false });
  const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
  for await (const line of createInterface({ input: source, signal })) {
    const match = pattern.exec(line);
    if (match) return Number(match.groups?.['port'] ?? NaN);
  }
  throw new Error('it closed its output before it was ready');
}
