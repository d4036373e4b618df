import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const REFUSAL = 'this container has no internet access\n';

/** A loopback HTTP proxy that answers 403 to everything. */
export interface RefusingProxy {
  url: string;
  close(): void;
}

/**
 * Starts the proxy that containers without internet access are pointed to by HTTP_PROXY. It works for
 * programs that honour the variable and is no security boundary: a plain process that opens a socket
 * by itself reaches the network.
 */
export async function startRefusingProxy(): Promise<RefusingProxy> {
  const server = createServer((_request, response) => {
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' });
    response.end(REFUSAL);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`HTTP/1.1 403 Forbidden\r\ncontent-length: ${REFUSAL.length}\r\n\r\n${REFUSAL}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
