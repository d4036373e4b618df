import { mkdir } from 'node:fs/promises';
import { BootFailure } from './boot-failure.ts';
import { writeConfig } from './config-files.ts';
import { type Identity, findIdentity, giveTo } from './identity.ts';
import type { OpenClawInstall } from './install.ts';
import { type Layout, layoutOf } from './layout.ts';
import { type LogRing, supervisorLog } from './log-ring.ts';
import { openclawCommand } from './openclaw-command.ts';
import { type Exit, type OpenClawProcess, startOpenClaw } from './openclaw-process.ts';
import { killLeftovers } from './processes.ts';
import { freePort, pause, untilReady, BOOT_TIMEOUT_MS } from './readiness.ts';
import { decideAfterCrash } from './restart-policy.ts';
import { restoreTree } from './restore.ts';
import { closeRestoredBoots } from './restored-boots.ts';
import type { Settings } from './settings.ts';
import { type SnapshotRequest, type SnapshotResult, makeSnapshot } from './snapshot.ts';
import { SnapshotError } from './snapshot-error.ts';
import type { Reason, StatusBoard } from './status-board.ts';
import { whileSuspended } from './suspension.ts';

/** The outcome of a stop: `clean` when OpenClaw ended by itself, in `ms` milliseconds. */
export interface StopResult {
  clean: boolean;
  ms: number;
}

/** One generation: brings the agent's state back, keeps OpenClaw running, and saves the state. */
export class Supervisor {
  readonly board: StatusBoard;
  #settings: Settings;
  #install: OpenClawInstall;
  #ring: LogRing;
  #layout: Layout;
  #identity: Identity = null;
  #process: OpenClawProcess | null = null;
  #port: number | null = null;
  #halt = new AbortController();
  #run: Promise<void> = Promise.resolve();
  #stopped: Promise<StopResult> | null = null;
  /** Whether the tree is what the agent wanted it to be: nothing else may become a snapshot. */
  #isTreeWhole = false;
  #isSnapshotting = false;

  constructor(input: {
    settings: Settings;
    install: OpenClawInstall;
    board: StatusBoard;
    ring: LogRing;
  }) {
    this.#settings = input.settings;
    this.#install = input.install;
    this.board = input.board;
    this.#ring = input.ring;
    this.#layout = layoutOf(input.settings.dataDir);
  }

  /** The loopback port of OpenClaw's gateway while it is ready, else null. */
  get gatewayPort(): number | null {
    return this.board.current.stage === 'ready' ? this.#port : null;
  }

  /** Begins the boot; how it goes is on the board. */
  start(): void {
    this.#run = this.#live().catch((cause: unknown) => this.#fail(cause));
  }

  /** Stops OpenClaw and waits for it. The same stop however often it is asked for. */
  stop(): Promise<StopResult> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Kills OpenClaw at once; for the last moment of the supervisor's own life. */
  kill(): void {
    this.#halt.abort();
    this.#process?.kill();
  }

  /**
   * Makes a snapshot: of the stopped agent, or as a checkpoint of the ready one.
   * @throws SnapshotError
   */
  async snapshot(request: SnapshotRequest): Promise<SnapshotResult> {
    const { stage } = this.board.current;
    if (this.#isSnapshotting)
      throw new SnapshotError('snapshot_busy', 'Another snapshot is being made.');
    if (!this.#isTreeWhole || (stage !== 'stopped' && stage !== 'ready'))
      throw new SnapshotError('snapshot_not_allowed', `There is nothing to save when ${stage}.`);
    const token = this.#settings.gatewayToken;
    const gateway = { port: this.#port ?? 0, token, halt: this.#halt.signal };
    this.#isSnapshotting = true;
    try {
      return await makeSnapshot(request, {
        layout: this.#layout,
        stateUrl: this.#settings.stateUrl,
        log: supervisorLog(this.#ring),
        hold: (work) =>
          stage === 'ready' ? whileSuspended(gateway, work) : work(new AbortController().signal),
      });
    } finally {
      this.#isSnapshotting = false;
    }
  }

  async #live(): Promise<void> {
    const settings = this.#settings;
    this.#identity = await findIdentity(settings.engineFd !== null);
    await this.#prepareFolders();
    if (settings.restore !== null) await this.#restore();
    this.#isTreeWhole = !this.#halt.signal.aborted;
    const crashes: number[] = [];
    while (!this.#halt.signal.aborted) {
      const { exit, lastErrors } = await this.#oneLife();
      if (this.#halt.signal.aborted) return;
      const now = Date.now();
      const decision = decideAfterCrash({ ...exit, earlier: crashes, now, lastErrors });
      crashes.push(now);
      if (decision.action === 'fail') throw new BootFailure(decision.reason);
      const { openclaw } = this.board.current;
      this.board.set({
        stage: 'booting',
        openclaw: { ...openclaw, restarts: openclaw.restarts + 1 },
      });
      this.#log('warn', `OpenClaw ended by itself; next start in ${decision.delayMs} ms`);
      await pause(decision.delayMs, this.#halt.signal);
    }
  }

  async #prepareFolders(): Promise<void> {
    const { tree, home, state, workspace, logs, work } = this.#layout;
    await mkdir(work, { recursive: true, mode: 0o700 });
    await mkdir(tree, { recursive: true, mode: 0o700 });
    if (this.#settings.restore !== null) return;
    for (const folder of [home, state, workspace, logs])
      await mkdir(folder, { recursive: true, mode: 0o700 });
  }

  async #restore(): Promise<void> {
    const { restore, stateUrl } = this.#settings;
    if (restore === null) return;
    const start = performance.now();
    const signal = this.#halt.signal;
    await restoreTree({ restore, stateUrl, layout: this.#layout, signal });
    this.#closeRestoredBoots();
    const { timings } = this.board.current;
    this.board.set({
      stage: 'booting',
      timings: { ...timings, restoreMs: since(start) },
      restored: { id: restore.id, sha256: restore.sha256 },
    });
  }

  /** Spares OpenClaw a false alarm; whether its database is sound is for OpenClaw itself to say. */
  #closeRestoredBoots(): void {
    try {
      closeRestoredBoots(this.#layout, Date.now());
    } catch (cause) {
      this.#log(
        'warn',
        `OpenClaw's record of boots is left as it was: ${(cause as Error).message}`,
      );
    }
  }

  /** Runs OpenClaw once, from its config to its exit. */
  async #oneLife(): Promise<{ exit: Exit; lastErrors: readonly string[] }> {
    const start = performance.now();
    await this.#configure();
    const configured = performance.now();
    const port = await freePort();
    const process = await this.#spawn(port);
    if (this.#halt.signal.aborted) await process.stop();
    const ended = new AbortController();
    const exited = process.exited.finally(() => ended.abort());
    const giveUp = AbortSignal.any([ended.signal, this.#halt.signal]);
    if (await untilReady(port, giveUp)) this.#becomeReady(port, { start, configured });
    else if (!giveUp.aborted) {
      process.kill();
      await exited;
      const message = `OpenClaw was not ready after ${BOOT_TIMEOUT_MS / 1000} s.`;
      throw new BootFailure({ code: 'boot_timeout', message });
    }
    const exit = await exited;
    await this.#noteExit(exit);
    return { exit, lastErrors: process.lastErrors() };
  }

  async #configure(): Promise<void> {
    const { home, logs, tree } = this.#layout;
    for (const folder of [home, logs]) await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeConfig(this.#layout, this.#settings.openclaw);
    await giveTo(this.#identity, tree);
    await giveTo(this.#identity, logs);
  }

  async #spawn(port: number): Promise<OpenClawProcess> {
    const { gatewayToken, modelsUrl, engineFd, openclaw } = this.#settings;
    const { entry } = this.#install;
    const { memoryMb } = openclaw;
    const path = globalThis.process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
    const layout = this.#layout;
    const process = await startOpenClaw({
      command: openclawCommand({ entry, layout, port, gatewayToken, modelsUrl, memoryMb, path }),
      identity: this.#identity,
      engineFd,
      ring: this.#ring,
    });
    this.#process = process;
    this.board.set({ openclaw: { ...this.board.current.openclaw, pid: process.pid } });
    return process;
  }

  #becomeReady(port: number, at: { start: number; configured: number }): void {
    const { timings, startedAt } = this.board.current;
    this.#port = port;
    this.board.set({
      stage: 'ready',
      timings: {
        ...timings,
        configMs: Math.round(at.configured - at.start),
        bootMs: since(at.configured),
        readyMs: Date.now() - startedAt,
      },
    });
  }

  async #noteExit(exit: Exit): Promise<void> {
    this.#process = null;
    this.#port = null;
    const { openclaw } = this.board.current;
    const lastExit = { ...exit, at: Date.now() };
    const stage = this.#halt.signal.aborted ? this.board.current.stage : 'booting';
    this.board.set({ stage, openclaw: { ...openclaw, pid: null, lastExit } });
    // Under an engine another container's agent may have the same user.
    if (this.#identity !== null && this.#settings.engineFd === null)
      await killLeftovers(this.#identity.uid);
  }

  async #stop(): Promise<StopResult> {
    const start = performance.now();
    this.#halt.abort();
    this.board.set({ stage: 'stopping' });
    const clean = (await this.#process?.stop()) ?? true;
    await this.#run;
    this.board.set({ stage: 'stopped' });
    return { clean, ms: since(start) };
  }

  #fail(cause: unknown): void {
    const reason: Reason =
      cause instanceof BootFailure
        ? cause.reason
        : { code: 'supervisor_error', message: (cause as Error).message };
    this.#log('error', `${reason.code}: ${reason.message}`);
    this.board.set({ stage: this.#halt.signal.aborted ? 'stopping' : 'failed', reason });
  }

  #log(level: 'warn' | 'error', msg: string): void {
    supervisorLog(this.#ring)(level, msg);
  }
}

function since(start: number): number {
  return Math.round(performance.now() - start);
}
