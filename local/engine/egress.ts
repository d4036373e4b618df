import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostKey } from './egress-hosts.ts';
import type { EgressHost } from './egress-hosts.ts';
import { forward, refuse } from './forward.ts';
import type { Log } from './log.ts';
import { openTunnel } from './tunnel.ts';

/** Internal hosts one container may mention; each costs a listening socket. */
const MAX_EGRESS_HOSTS = 16;
/** Requests one listener serves at once. */
const MAX_EGRESS_CONNECTIONS = 256;

/** A request of a container to an internal host, at the moment it arrives. */
export interface EgressRequest {
  hostname: string;
  method: string;
  /** The path with its query. */
  path: string;
  headers: IncomingHttpHeaders;
}

export interface EgressDeps {
  /** The container's name: its listeners are where those of the last one of that name were. */
  name: string;
  /** The port workerd listens on for this container's egress now, or null when there is none. */
  egressPort: () => number | null;
  /** Called at each request; for tests. */
  seen?: (request: EgressRequest) => void;
  log: Log;
}

/** Below the ports that containers are given, and those of outgoing connections. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** The port of a listener, by its name: an address that stays is no news to who kept it. */
function usualPort(name: string): number {
  return FIRST_PORT + (createHash('sha256').update(name).digest().readUInt32BE() % PORTS);
}

/** Listens on loopback at a port, or at any when that is taken. @returns the port. */
async function listen(server: Server, port: number): Promise<number> {
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
  return (server.address() as AddressInfo).port;
}

/** The loopback listeners of one container: the only way from it to the Durable Object's interceptors. */
export class Egress {
  readonly #deps: EgressDeps;
  readonly #servers: Server[] = [];
  readonly #open = new Set<ServerResponse>();
  /** Host key to local address, see rewriteEgressHosts. */
  readonly addresses = new Map<string, string>();

  constructor(deps: EgressDeps) {
    this.#deps = deps;
  }

  /** Opens one listener for each host. */
  async open(hosts: readonly EgressHost[]): Promise<void> {
    if (hosts.length > MAX_EGRESS_HOSTS) {
      throw new Error(`more than ${MAX_EGRESS_HOSTS} internal hosts in one environment`);
    }
    for (const host of hosts) {
      const server = createServer((request, response) => void this.#serve(host, request, response));
      // A model call or a snapshot may take longer than Node's five minutes for a whole request.
      server.requestTimeout = 0;
      server.maxConnections = MAX_EGRESS_CONNECTIONS;
      this.#servers.push(server);
      const port = await listen(server, usualPort(`${this.#deps.name} ${hostKey(host)}`));
      this.addresses.set(hostKey(host), `http://127.0.0.1:${port}`);
    }
  }

  /** Breaks off every request that is under way, without an answer. Answers how many. */
  cut(): number {
    const cut = [...this.#open];
    for (const response of cut) response.destroy();
    return cut.length;
  }

  close(): void {
    for (const server of this.#servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #serve(
    host: EgressHost,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#open.add(response.on('close', () => this.#open.delete(response)));
    const { method = 'GET', url: path = '/', headers } = request;
    this.#deps.seen?.({ hostname: host.hostname, method, path, headers });
    const port = this.#deps.egressPort();
    if (port === null) return refuse(response, 502, 'no worker listens for this container');
    try {
      const tunnel = await openTunnel(port, host);
      if (tunnel.kind === 'refused')
        return refuse(response, 403, `${host.hostname} is not reachable`);
      forward(request, response, { socket: tunnel.socket, host });
    } catch (error) {
      this.#deps.log({
        level: 'warn',
        msg: 'egress failed',
        host: hostKey(host),
        error: String(error),
      });
      refuse(response, 502, 'the worker is gone');
    }
  }
}
