import { type ChildProcess, spawn } from 'node:child_process';
import type { Identity } from './identity.ts';
import { lineSplitter } from './line-splitter.ts';
import type { LogRing } from './log-ring.ts';
import type { OpenClawCommand } from './openclaw-command.ts';
import { killQuietly } from './processes.ts';

/** Lines of stderr kept to explain an exit. */
const MAX_ERROR_LINES = 20;
/** An idle gateway ends in 1.5-3 s, a draining one after minutes: past this it is killed. */
const STOP_TIMEOUT_MS = 10_000;

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One life of OpenClaw's gateway process. */
export interface OpenClawProcess {
  pid: number;
  exited: Promise<Exit>;
  lastErrors: () => readonly string[];
  /** Asks it to end, insists after STOP_TIMEOUT_MS. @returns whether it ended by itself. */
  stop: () => Promise<boolean>;
  /** Kills it and its process group at once; safe to call at any time. */
  kill: () => void;
}

/**
 * Starts OpenClaw. In a container it leads a process group of its own, which is killed with it;
 * under a development engine it stays in ours, since the engine ends containers by group.
 * @throws the spawn error when the command cannot be started.
 */
export async function startOpenClaw(input: {
  command: OpenClawCommand;
  identity: Identity;
  engineFd: number | null;
  ring: LogRing;
}): Promise<OpenClawProcess> {
  const ownGroup = input.engineFd === null;
  const child = spawn(process.execPath, input.command.args, {
    env: input.command.env,
    cwd: input.command.cwd,
    detached: ownGroup,
    stdio: childStdio(input.engineFd),
    ...input.identity,
  });
  const errors = collectOutput(child, input.ring);
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('OpenClaw was started without a pid');
  let isOver = false;
  const kill = () => {
    // Afterwards the number may belong to another process.
    if (!isOver) killQuietly(ownGroup ? -pid : pid, 'SIGKILL');
  };
  child.once('exit', () => {
    // What it left in its group must not outlive it, nor hold its output open.
    if (ownGroup) kill();
    isOver = true;
  });
  return { pid, exited, lastErrors: () => errors, kill, stop: () => stop(child, exited, kill) };
}

async function stop(child: ChildProcess, exited: Promise<Exit>, kill: () => void) {
  child.kill('SIGTERM');
  const timer = setTimeout(kill, STOP_TIMEOUT_MS);
  const { signal } = await exited;
  clearTimeout(timer);
  return signal !== 'SIGKILL';
}

/** The engine's pipe must not be inherited, or it would seem alive as long as OpenClaw is. */
function childStdio(engineFd: number | null): ('ignore' | 'pipe')[] {
  const beyond = engineFd === null ? 0 : engineFd - 2;
  return ['ignore', 'pipe', 'pipe', ...Array.from({ length: beyond }, () => 'ignore' as const)];
}

function collectOutput(child: ChildProcess, ring: LogRing): readonly string[] {
  const errors: string[] = [];
  const streams = [
    { stream: child.stdout, level: 'info' },
    { stream: child.stderr, level: 'warn' },
  ] as const;
  for (const { stream, level } of streams) {
    const lines = lineSplitter((msg) => {
      const kept = ring.append({ at: Date.now(), source: 'openclaw', level, msg });
      if (level !== 'warn') return;
      errors.push(kept.msg);
      if (errors.length > MAX_ERROR_LINES) errors.shift();
    });
    stream?.setEncoding('utf8').on('data', lines.write).on('end', lines.end);
  }
  return errors;
}
