import type { IncomingHttpHeaders } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** OpenClaw listens on this machine: what is not there at once is not there. */
const CONNECT_TIMEOUT_MS = 5_000;
/** After one side has ended the other gets this long for its own closing frame. */
const LINGER_MS = 2_000;

/**
 * Writes the upgrade request OpenClaw gets: its own path and only the headers a WebSocket needs.
 * Our Authorization, an Origin or a forwarded address would each cost the connection the locality
 * that gives it its scopes; `forwardedFor` is there to take that locality away.
 */
function upgradeRequest(
  headers: IncomingHttpHeaders,
  port: number,
  forwardedFor: string | null,
): string {
  const lines = [
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
  ];
  if (forwardedFor !== null) lines.push(`X-Forwarded-For: ${forwardedFor}`);
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('sec-websocket-') && typeof value === 'string')
      lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Joins a client's upgraded socket with OpenClaw's gateway, byte by byte in both directions. With
 * `forwardedFor` OpenClaw takes it for a remote client, which has to be a paired device
 * (docs/gateway/pairing.md, "Locality and forwarded headers"); null makes it a local one.
 */
export function pipeToGateway(input: {
  client: Duplex;
  head: Buffer;
  headers: IncomingHttpHeaders;
  port: number;
  forwardedFor: string | null;
}): void {
  const { client, port } = input;
  const gateway = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  gateway.setTimeout(CONNECT_TIMEOUT_MS, () => gateway.destroy());
  gateway.once('connect', () => {
    gateway.setTimeout(0);
    gateway.setNoDelay(true);
    gateway.write(upgradeRequest(input.headers, port, input.forwardedFor));
    if (input.head.length > 0) gateway.write(input.head);
    client.pipe(gateway).pipe(client);
  });
  closeTogether(client, gateway);
  closeTogether(gateway, client);
}

/** Once `one` has ended or broken, `other` ends too, softly first. */
function closeTogether(one: Duplex | Socket, other: Duplex | Socket): void {
  const endSoon = () => {
    other.end();
    const timer = setTimeout(() => other.destroy(), LINGER_MS);
    other.once('close', () => clearTimeout(timer));
  };
  one.once('error', () => other.destroy());
  one.once('end', endSoon);
  one.once('close', () => {
    if (!other.destroyed) endSoon();
  });
}
