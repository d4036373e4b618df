import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Container, ContainerSpec, ContainerStatus } from './container.ts';
import { readJson } from './http-body.ts';
import { pipeSockets } from './pipe-sockets.ts';

/** The container port on which workerd looks for a sidecar's ingress. */
const SIDECAR_PORT = 39_001;
const KILLED = 137;
/** Connections from workerd into one container at once: requests, sockets and streams of one tenant. */
const MAX_INGRESS_CONNECTIONS = 1024;

const port = z.number().int().min(1).max(65_535);
const egressUpdate = z.object({
  port: port.optional(),
  internet: z.object({ enabled: z.boolean() }).optional(),
});

export interface SidecarDeps {
  /** The host port behind a container port of the container that shares this sidecar's network. */
  hostPort: (containerPort: number) => number | null;
}

/**
 * The egress sidecar (`…-proxy`): in Docker a container of its own, here a loopback HTTP server in the
 * engine's process. It connects workerd to the container's ports, and knows where egress goes.
 */
export class Sidecar implements Container {
  readonly spec: ContainerSpec;
  readonly pid = null;
  readonly ports = new Map<number, number>();
  readonly exited: Promise<number>;
  exitCode = 0;
  /** Where workerd listens for the container's egress. */
  egressPort: number | null;
  internet = false;
  readonly #deps: SidecarDeps;
  readonly #tunnels = new Set<Duplex>();
  #server: Server | null = null;
  #status: ContainerStatus = 'created';
  #resolveExited: (code: number) => void = () => undefined;

  constructor(spec: ContainerSpec, deps: SidecarDeps) {
    this.spec = spec;
    this.#deps = deps;
    this.egressPort = egressPortOf(spec.cmd);
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
  }

  get status(): ContainerStatus {
    return this.#status;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connect', (request, socket: Duplex, head: Buffer) => {
      this.#tunnels.add(socket.on('close', () => this.#tunnels.delete(socket)));
      this.#connect(request, socket, head);
    });
    server.maxConnections = MAX_INGRESS_CONNECTIONS;
    this.#server = server;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    this.ports.set(SIDECAR_PORT, (server.address() as AddressInfo).port);
    this.#status = 'running';
  }

  kill(signal: NodeJS.Signals): boolean {
    if (this.#status !== 'running') return false;
    if (signal !== 'SIGKILL' && signal !== 'SIGTERM') return true;
    this.#status = 'exited';
    this.exitCode = KILLED;
    this.#server?.close();
    this.#server?.closeAllConnections();
    for (const tunnel of this.#tunnels) tunnel.destroy();
    this.#resolveExited(KILLED);
    return true;
  }

  /** Breaks every connection from workerd into the container. Answers how many. */
  cut(): number {
    const cut = [...this.#tunnels];
    for (const tunnel of cut) tunnel.destroy();
    return cut.length;
  }

  async remove(): Promise<void> {
    if (!this.kill('SIGKILL')) this.#resolveExited(this.exitCode);
    await this.exited;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'PUT' && request.url === '/egress') {
      const update = egressUpdate.safeParse(await readJson(request).catch(() => null));
      if (update.success) this.#update(update.data);
      response.writeHead(update.success ? 204 : 400).end();
      return;
    }
    // workerd reads the certificate whenever it adopts a container; it is used for HTTPS interception
    // only, which this engine does not offer, so an empty one serves.
    response.writeHead(request.method === 'GET' && request.url === '/ca' ? 200 : 404).end();
  }

  /** What an update leaves out stays as it was. */
  #update(update: z.infer<typeof egressUpdate>): void {
    this.egressPort = update.port ?? this.egressPort;
    this.internet = update.internet?.enabled ?? this.internet;
  }

  #connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const containerPort = Number(/:(\d+)$/.exec(String(request.headers['x-dst-addr']))?.[1]);
    const hostPort = this.#deps.hostPort(containerPort);
    socket.on('error', () => socket.destroy());
    if (hostPort === null) return refuseTunnel(socket);
    const target = connect({ host: '127.0.0.1', port: hostPort, allowHalfOpen: true });
    const failed = (): void => refuseTunnel(socket);
    target.once('error', failed);
    target.once('connect', () => {
      target.off('error', failed);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      pipeSockets(socket, target);
    });
  }
}

/** 400 is what workerd reads as "the container is not listening to this port". */
function refuseTunnel(socket: Duplex): void {
  socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
}

function egressPortOf(cmd: readonly string[]): number | null {
  const value = cmd[cmd.indexOf('--http-egress-port') + 1];
  const parsed = port.safeParse(Number(value));
  return cmd.includes('--http-egress-port') && parsed.success ? parsed.data : null;
}
