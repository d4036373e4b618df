import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from './api-error.ts';
import type { Container, ContainerSpec, ContainerStatus } from './container.ts';
import { Egress } from './egress.ts';
import type { EgressRequest } from './egress.ts';
import { findEgressHosts, rewriteEgressHosts } from './egress-hosts.ts';
import { containerEnvironment } from './environment.ts';
import { freePort } from './free-port.ts';
import type { Log } from './log.ts';
import { runProcess } from './run-process.ts';
import type { RunningProcess } from './run-process.ts';

/** A killed process may still be writing while its folder goes: attempts, 100 ms apart. */
const REMOVE_RETRIES = 10;

/**
 * A container's folder, by its name, which no two have at a time: a program that keeps its own path in
 * its state finds itself where it was when a container of that name runs again, as in a real image.
 */
function folderName(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}

/** What a container needs of its engine. */
export interface ProcessContainerDeps {
  command: readonly string[];
  /** Container ports that get a host port each. */
  declaredPorts: readonly number[];
  baseEnv: Readonly<Record<string, string>>;
  /** Folder in which this container's own folder is made. */
  root: string;
  /** Host ports given out and not yet returned, of all containers. */
  takenPorts: Set<number>;
  refusingProxyUrl: string;
  /** The container's sidecar as it is now: where its egress goes, and whether the internet is open. */
  sidecar: () => { egressPort: number | null; internet: boolean } | null;
  /** Called at each request to an internal host. */
  onEgress: (request: EgressRequest) => void;
  /** Called once, when the process is gone: whatever else runs in the container ends with it. */
  onExit: () => void;
  log: Log;
}

/** A container that runs as a plain child process in a folder of its own. */
export class ProcessContainer implements Container {
  readonly spec: ContainerSpec;
  readonly folder: string;
  readonly dataDir: string;
  readonly ports = new Map<number, number>();
  readonly exited: Promise<number>;
  exitCode = 0;
  env: Record<string, string> = {};
  readonly #deps: ProcessContainerDeps;
  readonly #egress: Egress;
  #starting: Promise<void> | null = null;
  #process: RunningProcess | null = null;
  #status: ContainerStatus = 'created';
  #removal: Promise<void> | null = null;
  #resolveExited: (code: number) => void = () => undefined;

  constructor(spec: ContainerSpec, deps: ProcessContainerDeps) {
    this.spec = spec;
    this.#deps = deps;
    this.folder = join(deps.root, folderName(spec.name));
    this.dataDir = join(this.folder, 'data');
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
    this.#egress = new Egress({
      name: spec.name,
      egressPort: () => deps.sidecar()?.egressPort ?? null,
      seen: deps.onEgress,
      log: deps.log,
    });
  }

  get status(): ContainerStatus {
    return this.#status;
  }

  get pid(): number | null {
    return this.#status === 'running' ? (this.#process?.pid ?? null) : null;
  }

  async start(): Promise<void> {
    if (this.#starting) throw new ApiError(304, 'container already started');
    this.#starting = this.#launch();
    try {
      await this.#starting;
    } catch (error) {
      this.#ended(127);
      throw new ApiError(500, `cannot start the container: ${String(error)}`);
    }
  }

  kill(signal: NodeJS.Signals): boolean {
    if (this.#status !== 'running') return false;
    this.#process?.kill(signal);
    return true;
  }

  /** Breaks off its requests to internal hosts. Answers how many were under way. */
  cutEgress(): number {
    return this.#egress.cut();
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #launch(): Promise<void> {
    const { command, declaredPorts, takenPorts } = this.#deps;
    await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
    for (const port of declaredPorts) {
      const hostPort = await freePort(takenPorts);
      takenPorts.add(hostPort);
      this.ports.set(port, hostPort);
    }
    const wanted = containerEnvironment({
      path: process.env['PATH'],
      base: this.#deps.baseEnv,
      requested: this.spec.env,
      dataDir: this.dataDir,
      ports: this.ports,
      proxyUrl: this.#deps.sidecar()?.internet ? null : this.#deps.refusingProxyUrl,
    });
    await this.#egress.open(findEgressHosts(wanted));
    this.env = this.rewrite(wanted);
    const running = await runProcess({
      command,
      env: this.env,
      cwd: this.dataDir,
      folder: this.folder,
    });
    this.#process = running;
    this.#status = 'running';
    void running.exited.then((code) => this.#ended(code));
  }

  /** Puts the local addresses of this container's internal hosts into an environment. */
  rewrite(env: Readonly<Record<string, string>>): Record<string, string> {
    return rewriteEgressHosts(env, this.#egress.addresses);
  }

  #ended(code: number): void {
    this.#status = 'exited';
    this.exitCode = code;
    this.#egress.close();
    for (const hostPort of this.ports.values()) this.#deps.takenPorts.delete(hostPort);
    this.#deps.onExit();
    this.#resolveExited(code);
  }

  async #remove(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    if (this.#status === 'created') this.#ended(0);
    if (this.#status === 'running') this.#process?.killGroup();
    await this.exited;
    await rm(this.folder, { recursive: true, force: true, maxRetries: REMOVE_RETRIES });
  }
}
