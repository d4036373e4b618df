import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { isAuthorized } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { forwardedFor } from './forwarded-for.ts';
import { pipeToGateway } from './gateway-pipe.ts';
import { HttpError, endUpgrade, sendError, sendJson } from './http-answers.ts';
import type { LogRing } from './log-ring.ts';
import { handleLogs } from './route-logs.ts';
import { handleProcesses } from './route-processes.ts';
import { handleSnapshot } from './route-snapshot.ts';
import { handleStatus } from './route-status.ts';
import type { Supervisor } from './supervisor.ts';

/** The agent holds one status poll, few calls and gateway sockets, its apps' among them; operators add log readers. */
const MAX_CONNECTIONS = 128;

type Handler = (exchange: Exchange) => Promise<void> | void;

const needsUpgrade: Handler = () => {
  throw new HttpError(426, 'upgrade_required', 'This is a WebSocket.');
};

const ROUTES: Record<string, Handler> = {
  'GET /status': handleStatus,
  'GET /logs': handleLogs,
  'GET /processes': handleProcesses,
  'POST /stop': async ({ response, supervisor }) =>
    sendJson(response, 200, await supervisor.stop()),
  'POST /snapshot': handleSnapshot,
  'GET /gateway': needsUpgrade,
  'GET /openclaw': needsUpgrade,
};

/** Makes the server of the supervisor's one port; the caller lets it listen. */
export function createSupervisorServer(input: {
  supervisor: Supervisor;
  ring: LogRing;
  token: string;
}): Server {
  const server = createServer((request, response) => {
    answer({ ...input, request, response }).catch((cause: unknown) => sendError(response, cause));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('upgrade', (request, client, head) => upgrade({ ...input, request, client, head }));
  return server;
}

async function answer(input: {
  supervisor: Supervisor;
  ring: LogRing;
  token: string;
  request: IncomingMessage;
  response: ServerResponse;
}): Promise<void> {
  const { request, response, supervisor, ring } = input;
  const url = addressOf(request);
  if (request.method === 'GET' && url.pathname === '/healthz')
    return sendJson(response, 200, { ok: true });
  if (!isAuthorized(request.headers.authorization, input.token))
    throw new HttpError(401, 'unauthorized', 'The bearer token is missing or wrong.');
  const key = `${request.method} ${url.pathname}`;
  const handler = Object.hasOwn(ROUTES, key) ? ROUTES[key] : undefined;
  if (handler === undefined) throw new HttpError(404, 'not_found', 'There is no such route.');
  await handler({ request, response, url, supervisor, ring });
}

function upgrade(input: {
  supervisor: Supervisor;
  token: string;
  request: IncomingMessage;
  client: Duplex;
  head: Buffer;
}): void {
  const { client, request, head } = input;
  client.on('error', () => client.destroy());
  if (!isAuthorized(request.headers.authorization, input.token))
    return endUpgrade(client, 401, 'unauthorized');
  const { pathname } = addressOf(request);
  if (pathname !== '/gateway' && pathname !== '/openclaw')
    return endUpgrade(client, 404, 'not_found');
  // The agent's own link is local to OpenClaw; an app never is, whatever its request forgot to say.
  const address = pathname === '/openclaw' ? forwardedFor(request.headers) : null;
  if (address === undefined) return endUpgrade(client, 400, 'no_forwarded_address');
  const port = input.supervisor.gatewayPort;
  if (port === null) return endUpgrade(client, 503, 'not_ready');
  pipeToGateway({ client, head, headers: request.headers, port, forwardedFor: address });
}

function addressOf(request: IncomingMessage): URL {
  return URL.parse(request.url ?? '/', 'http://container') ?? new URL('http://container/');
}
