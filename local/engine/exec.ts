import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ApiError } from './api-error.ts';
import { framer, STDERR, STDOUT } from './frames.ts';
import type { ProcessContainer } from './process-container.ts';
import { killGroup, recordGroup } from './process-group.ts';
import { exitStatus } from './run-process.ts';

export interface ExecSpec {
  /** 64 hexadecimal digits. */
  id: string;
  cmd: string[];
  env: Record<string, string>;
  /** Absolute folder, or null for the container's data folder. */
  workingDir: string | null;
  attachStdin: boolean;
}

/** workerd wraps each command in a shell that writes its pid there, for a later kill. */
const WORKERD_PID_FILE = /> ?(\/tmp\/\.workerd-exec-[0-9a-f-]+\.pid)/;

/**
 * A further command in a running container, with the container's environment and its own on top.
 * When the command ends, what it left running in its process group ends too.
 */
export class Exec {
  readonly spec: ExecSpec;
  readonly container: ProcessContainer;
  exitCode: number | null = null;
  pid = 0;
  #started = false;

  constructor(spec: ExecSpec, container: ProcessContainer) {
    this.spec = spec;
    this.container = container;
  }

  get running(): boolean {
    return this.#started && this.exitCode === null;
  }

  /** Starts it with nobody listening. */
  async startDetached(): Promise<void> {
    await this.#spawn('ignore');
  }

  /**
   * Starts it on a socket: output goes there as frames, input comes raw and its half-close is the
   * command's end of input. The socket is ended when the command has ended.
   * `accepted` is called between the start and the first byte, to send the answer's head.
   */
  async startAttached(socket: Duplex, accepted: () => void): Promise<void> {
    const child = await this.#spawn('pipe');
    accepted();
    socket.on('error', () => socket.destroy());
    const output = [
      sendFrames(child.stdout, STDOUT, socket),
      sendFrames(child.stderr, STDERR, socket),
    ];
    child.stdin?.on('error', () => child.stdin?.destroy());
    if (child.stdin && this.spec.attachStdin) socket.pipe(child.stdin);
    else child.stdin?.end();
    const exit = once(child, 'exit');
    void Promise.allSettled([...output, exit]).then(() => socket.end());
  }

  kill(): void {
    if (this.running && this.pid > 0) killGroup(this.pid);
  }

  async #spawn(stdio: 'pipe' | 'ignore'): Promise<ChildProcess> {
    if (this.#started) throw new ApiError(409, 'this exec was started before');
    if (this.container.status !== 'running')
      throw new ApiError(409, 'the container is not running');
    this.#started = true;
    const [file = '', ...args] = this.spec.cmd;
    const child = spawn(file, args, {
      cwd: this.spec.workingDir ?? this.container.dataDir,
      env: { ...this.container.env, ...this.container.rewrite(this.spec.env) },
      detached: true,
      stdio,
    });
    try {
      await once(child, 'spawn');
    } catch (error) {
      this.exitCode = 127;
      throw new ApiError(400, `cannot run ${file}: ${String(error)}`);
    }
    const pid = child.pid as number;
    this.pid = pid;
    const crossOut = recordGroup(this.container.folder, pid);
    child.on('exit', (code, signal) => {
      this.exitCode = exitStatus(code, signal);
      killGroup(pid);
      crossOut();
      removePidFile(this.spec.cmd);
    });
    return child;
  }
}

/** Sends one output as frames; resolves when all of it is handed over. */
async function sendFrames(output: Readable | null, stream: number, socket: Duplex): Promise<void> {
  if (!output) return;
  const frames = output.pipe(framer(stream));
  frames.pipe(socket, { end: false });
  // When the caller leaves, the command runs on, and its output must not block it.
  socket.on('close', () => {
    frames.unpipe(socket);
    frames.resume();
  });
  await finished(frames);
}

/** In a real container this file goes with the container; here it would stay in the machine's /tmp. */
function removePidFile(cmd: readonly string[]): void {
  const path = WORKERD_PID_FILE.exec(cmd[2] ?? '')?.[1];
  if (path !== undefined) rmSync(path, { force: true });
}
