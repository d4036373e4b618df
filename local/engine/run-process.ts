import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ENGINE_FD } from './environment.ts';
import { LogFile } from './log-file.ts';
import { killGroup, recordGroup } from './process-group.ts';

export interface ProcessSpec {
  command: readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** Where stdout.log, stderr.log and the record of the group go. */
  folder: string;
}

export interface RunningProcess {
  pid: number;
  /** Resolves when the main process is gone and its group was killed. */
  exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
  killGroup(): void;
}

/**
 * Starts a process in a group of its own, with exactly the given environment. Its file descriptor 3 is
 * a pipe that ends when the engine dies: watching it, and leaving then, is the process's duty.
 * Rejects when the command cannot be started.
 */
export async function runProcess({
  command,
  env,
  cwd,
  folder,
}: ProcessSpec): Promise<RunningProcess> {
  const [file = '', ...args] = command;
  const stdio = ['ignore' as const, 'pipe' as const, 'pipe' as const];
  const child = spawn(file, args, { cwd, env, detached: true, stdio: [...stdio, 'pipe'] });
  keepLog(child.stdout, join(folder, 'stdout.log'));
  keepLog(child.stderr, join(folder, 'stderr.log'));
  const enginePipe = child.stdio[ENGINE_FD] as Readable;
  enginePipe.on('error', () => enginePipe.destroy());
  // What the process writes there is not read by anybody; left alone it would fill the pipe.
  enginePipe.resume();

  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  exit.catch(() => undefined);
  await once(child, 'spawn');
  const pid = child.pid as number;
  const crossOut = recordGroup(folder, pid);
  return {
    pid,
    exited: exit.then(([code, signal]) => {
      killGroup(pid);
      crossOut();
      enginePipe.destroy();
      return exitStatus(code, signal);
    }),
    kill: (signal) => void child.kill(signal),
    killGroup: () => killGroup(pid),
  };
}

/** The shell's convention, which Docker reports too: the exit code, else 128 + the number of the signal. */
export function exitStatus(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function keepLog(stream: Readable | null, path: string): void {
  const log = new LogFile(path);
  stream?.on('data', (chunk: Buffer) => log.write(chunk));
  stream?.on('error', () => stream.destroy());
  stream?.on('close', () => log.close());
}
