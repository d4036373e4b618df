import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorAnswer, sendJson } from './http-body.ts';
import type { Log } from './log.ts';
import { matchRoute, parseTarget } from './router.ts';
import type { Route } from './router.ts';

type Upgrade = (
  target: { path: string; request: IncomingMessage },
  connection: { socket: Duplex; head: Buffer },
) => Promise<void>;

export interface ApiServerOptions {
  routes: readonly Route[];
  /** Takes over a connection; a rejection before it wrote anything becomes an HTTP answer. */
  upgrade: Upgrade;
  log: Log;
}

/** The HTTP server in front of the routes: it finds the route, and renders what goes wrong. */
export function createApiServer({ routes, upgrade, log }: ApiServerOptions): Server {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { path, query } = parseTarget(request.url ?? '/');
    try {
      const { route, params } = matchRoute(routes, { method: request.method ?? 'GET', path });
      await route.handle({ request, response, params, query });
    } catch (error) {
      const { status, message } = errorAnswer(error);
      report(log, { status, message, method: request.method, path });
      if (response.headersSent) return void response.destroy();
      if (status === 304) return void response.writeHead(304).end();
      // The rest of a refused body is not read: the connection ends with the answer.
      response.setHeader('connection', 'close');
      sendJson(response, status, { message });
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const { path } = parseTarget(request.url ?? '/');
    upgrade({ path, request }, { socket, head }).catch((error: unknown) => {
      const { status, message } = errorAnswer(error);
      report(log, { status, message, method: request.method, path });
      const body = JSON.stringify({ message });
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\nconnection: close\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  });
  return server;
}

/** A missing container or a taken name is daily business; the rest is worth a line. */
function report(
  log: Log,
  refusal: { status: number; message: string; method?: string; path: string },
) {
  const daily = [304, 404, 409].includes(refusal.status);
  if (!daily) log({ level: 'warn', msg: 'refused', ...refusal });
}
