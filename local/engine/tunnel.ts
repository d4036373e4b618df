import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { EgressHost } from './egress-hosts.ts';

/** workerd accepts a tunnel within milliseconds; one that takes longer will not come, in milliseconds. */
const TUNNEL_TIMEOUT_MS = 10_000;
/** An address for documentation (RFC 5737): workerd matches by host name, but wants an IP to connect to. */
const PLACEHOLDER_IP = '203.0.113.1';

/** What workerd says to a container that wants to reach a host. */
export type Tunnel = { kind: 'intercepted'; socket: Socket } | { kind: 'refused' };

/**
 * Asks the workerd that listens on `egressPort` for a tunnel to `host`. `intercepted`: speak HTTP/1.1 on
 * the socket. `refused`: nobody intercepts this host. Rejects when workerd is gone or answers nonsense.
 */
export async function openTunnel(egressPort: number, host: EgressHost): Promise<Tunnel> {
  const destination = `${PLACEHOLDER_IP}:${host.port}`;
  const connect = request({
    host: '127.0.0.1',
    port: egressPort,
    method: 'CONNECT',
    path: destination,
    headers: { host: destination, 'x-hostname': host.hostname, 'x-proto': 'tcp' },
    agent: false,
    timeout: TUNNEL_TIMEOUT_MS,
  });
  connect.on('timeout', () => connect.destroy(new Error('workerd did not answer')));
  connect.end();
  const [response, socket] = (await once(connect, 'connect')) as [IncomingMessage, Socket];
  if (response.statusCode === 200) {
    socket.setTimeout(0);
    return { kind: 'intercepted', socket };
  }
  socket.destroy();
  if (response.statusCode === 202) return { kind: 'refused' };
  throw new Error(`workerd answered ${response.statusCode} to a tunnel`);
}
