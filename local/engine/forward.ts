import { request } from 'node:http';
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { EgressHost } from './egress-hosts.ts';

/** Headers that belong to one connection (RFC 9110, 7.6.1), and `expect`, which the listener has answered. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Sends a request through an intercepted tunnel and streams both bodies, chunk by chunk and with
 * backpressure. When one side breaks off, the other one is broken off too.
 */
export function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { socket, host }: { socket: Socket; host: EgressHost },
): void {
  const hasBody =
    incoming.headers['content-length'] !== undefined ||
    incoming.headers['transfer-encoding'] !== undefined;
  const upstream = request({
    // Only used without an agent.
    createConnection: () => socket,
    method: incoming.method,
    path: incoming.url,
    headers: requestHeaders(incoming, host),
  });
  // The socket may come out of the CONNECT paused, and http.request does not start it again.
  upstream.on('socket', (taken) => setImmediate(() => taken.resume()));
  let answered = false;
  upstream.on('response', (answer) => {
    // The container left in the moment in which the answer came.
    if (outgoing.destroyed) return void upstream.destroy();
    answered = true;
    outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
    outgoing.flushHeaders();
    pipeline(answer, outgoing, () => upstream.destroy());
  });
  upstream.on('error', () => {
    // A worker may answer without reading the body: then the sending fails, and the answer stands.
    // An answer that is cut off ends the pipeline above, and with it the container's connection.
    if (!answered && !outgoing.headersSent)
      refuse(outgoing, 502, 'the worker broke off the request');
  });
  // Also when the container leaves while it still sends.
  outgoing.on('close', () => upstream.destroy());
  if (hasBody) sendBody(incoming, upstream);
  else upstream.end();
}

function sendBody(incoming: IncomingMessage, upstream: ClientRequest): void {
  upstream.flushHeaders();
  incoming.pipe(upstream);
  // Nobody takes the rest any more, but the sender must get rid of it to read the answer.
  upstream.on('close', () => {
    incoming.unpipe(upstream);
    incoming.resume();
  });
}

/** Ends a request with a plain text refusal. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${message}\n`);
}

function requestHeaders(incoming: IncomingMessage, host: EgressHost): string[] {
  const name = host.port === 80 ? host.hostname : `${host.hostname}:${host.port}`;
  const headers = [...endToEnd(incoming.rawHeaders), 'host', name, 'connection', 'close'];
  if (incoming.headers['content-length'] !== undefined) return headers;
  const chunked = incoming.headers['transfer-encoding'] !== undefined;
  if (chunked) return [...headers, 'transfer-encoding', 'chunked'];
  // Without a length Node would announce a chunked body for these methods, though there is none.
  const bodiless = !['POST', 'PUT', 'PATCH'].includes(incoming.method ?? '');
  return bodiless ? headers : [...headers, 'content-length', '0'];
}

/** Raw headers (name, value, name, value, …) without those of the connection; repeated ones stay. */
function endToEnd(rawHeaders: readonly string[]): string[] & OutgoingHttpHeaders {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (!CONNECTION_HEADERS.has(name.toLowerCase())) kept.push(name, rawHeaders[i + 1] ?? '');
  }
  return kept as string[] & OutgoingHttpHeaders;
}
