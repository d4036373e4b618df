import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { createApiServer } from './api-server.ts';
import type { Container, ContainerSpec } from './container.ts';
import { ContainerStore } from './container-store.ts';
import { isSidecarName } from './create-request.ts';
import { writeDockerStub } from './docker-stub.ts';
import type { EgressRequest } from './egress.ts';
import { ExecStore } from './exec-store.ts';
import { clearLeftovers, isServed } from './leftovers.ts';
import type { LogEntry } from './log.ts';
import { ProcessContainer } from './process-container.ts';
import { startRefusingProxy } from './refusing-proxy.ts';
import { containerRoutes } from './routes-containers.ts';
import { execRoutes, startAttached } from './routes-exec.ts';
import { systemRoutes } from './routes-system.ts';
import { Sidecar } from './sidecar.ts';

/** A Unix socket's address holds 104 bytes on macOS and 108 on Linux, its end included. */
const MAX_SOCKET_PATH_BYTES = 100;
const DEFAULT_PORTS = [8080];
/** Named so that nobody pulls it: the sidecar is part of the engine. */
const EGRESS_IMAGE = 'none:1';

export interface EngineOptions {
  /** Folder for the socket, the stub docker binary and the containers' folders; the socket's path stays under 100 bytes. */
  dir: string;
  /** What a container runs, whatever its image is called. argv[0] is an absolute path or a command on PATH. */
  command: readonly string[];
  /** Container ports the image declares; each gets a free loopback host port. Default [8080]. */
  ports?: readonly number[];
  /** Extra environment each container's process starts with (PATH is passed on; nothing else of ours is). */
  env?: Record<string, string>;
  log?: (entry: LogEntry) => void;
}

export type EgressListener = (request: EgressRequest, container: ContainerInfo) => void;

/** What is known of one container. */
export interface ContainerInfo {
  id: string;
  name: string;
  running: boolean;
  pid: number | null;
  /** Its folder: stdout.log, stderr.log, and data/, which its process works in. */
  dir: string;
  /** Container port to host port on loopback. */
  ports: Record<number, number>;
  /** The whole environment of its process; empty before it started. */
  env: Record<string, string>;
}

export interface Engine {
  socketPath: string;
  /** Environment variables for `wrangler dev`. */
  wranglerEnv: Record<string, string>;
  containers(): ContainerInfo[];
  /**
   * Breaks connections of a container, by its id, and answers how many there were: `ingress` are
   * workerd's into it, `egress` are its own requests to internal hosts. New ones are not hindered.
   */
  cut(id: string, side: 'ingress' | 'egress'): number;
  /** Calls back at each request of a container to an internal host; returns how to stop that. */
  onEgress(listener: EgressListener): () => void;
  /** Kills every container's process group, removes every folder and the socket. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a container engine that answers the part of the Docker Engine API that workerd uses and runs
 * every container as a plain child process. For development and tests: it isolates nothing.
 * Rejects when another engine serves `dir`; what a killed one left there is cleared first.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { command, env = {}, ports = DEFAULT_PORTS, log = () => undefined } = options;
  const dir = resolve(options.dir);
  const socketPath = join(dir, 'engine.sock');
  const dockerStub = join(dir, 'docker');
  const root = join(dir, 'containers');
  if (command.length === 0) throw new Error('the engine needs a command');
  if (Buffer.byteLength(socketPath) >= MAX_SOCKET_PATH_BYTES) {
    throw new Error(`the socket's path is ${MAX_SOCKET_PATH_BYTES} bytes or longer: ${socketPath}`);
  }
  if (await isServed(socketPath)) throw new Error(`another engine serves ${socketPath}`);
  const killed = await clearLeftovers({ socketPath, root });
  if (killed > 0) log({ level: 'warn', msg: 'killed leftover containers', count: killed });
  await mkdir(root, { recursive: true });
  // Whoever reaches the socket runs commands as this user.
  await chmod(dir, 0o700);
  await writeDockerStub(dockerStub);

  const store = new ContainerStore();
  const execs = new ExecStore();
  const proxy = await startRefusingProxy();
  const takenPorts = new Set<number>();
  const listeners = new Set<EgressListener>();

  const make = (spec: ContainerSpec): Container => {
    if (isSidecarName(spec.name)) {
      const sidecar: Sidecar = new Sidecar(spec, {
        hostPort: (port) => store.hostPortBehind(sidecar, port),
      });
      return sidecar;
    }
    const container: ProcessContainer = new ProcessContainer(spec, {
      command,
      declaredPorts: ports,
      baseEnv: env,
      root,
      takenPorts,
      refusingProxyUrl: proxy.url,
      sidecar: () => store.sidecarOf(container),
      onEgress: (request) => {
        for (const listener of listeners) listener(request, describe(container));
      },
      onExit: () => {
        execs.endAll(container);
        log({ level: 'info', msg: 'container exited', name: spec.name, code: container.exitCode });
      },
      log,
    });
    return container;
  };

  const upgraded = new Set<Duplex>();
  const server = createApiServer({
    routes: [
      ...systemRoutes(ports),
      ...containerRoutes({ store, make }),
      ...execRoutes({ store, execs }),
    ],
    upgrade: (target, connection) => {
      const { socket } = connection;
      upgraded.add(socket.on('close', () => upgraded.delete(socket)));
      return startAttached({ execs, ...target }, connection);
    },
    log,
  });
  await once(server.listen(socketPath), 'listening');
  log({ level: 'info', msg: 'engine ready', socket: socketPath });

  const close = async (): Promise<void> => {
    server.close();
    await Promise.all(store.all().map((container) => store.remove(container)));
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    proxy.close();
    await rm(root, { recursive: true, force: true });
    await rm(dockerStub, { force: true });
    await rm(socketPath, { force: true });
  };
  let closing: Promise<void> | null = null;
  return {
    socketPath,
    wranglerEnv: {
      WRANGLER_DOCKER_HOST: `unix://${socketPath}`,
      WRANGLER_DOCKER_BIN: dockerStub,
      MINIFLARE_CONTAINER_EGRESS_IMAGE: EGRESS_IMAGE,
    },
    containers: () => store.processes().map(describe),
    cut: (id, side) => {
      const container = store.processes().find(({ spec }) => spec.id === id);
      if (side === 'egress') return container?.cutEgress() ?? 0;
      return (container && store.sidecarOf(container)?.cut()) ?? 0;
    },
    onEgress: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => (closing ??= close()),
  };
}

function describe(container: ProcessContainer): ContainerInfo {
  const { spec, status, pid, folder, ports, env } = container;
  return {
    id: spec.id,
    name: spec.name,
    running: status === 'running',
    pid,
    dir: folder,
    ports: Object.fromEntries(ports),
    env: { ...env },
  };
}
