import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

const KEY_ID = 'access-stand-in';
const HOUR_S = 3_600;
const COOKIE = /(?:^|;\s*)CF_Authorization=([^;]+)/;

/** The team and the audience that the Worker believes. */
export const ACCESS_VARS = { CF_ACCESS_TEAM_DOMAIN: 'team', CF_ACCESS_AUD: 'a'.repeat(64) };

/** A stand-in for Cloudflare Access: its signing keys, and the proxy that stands before a system. */
export interface AccessStandIn {
  port: number;
  /** The address of its keys, for `ACCESS_CERTS_URL`. */
  certsUrl: string;
  privateJwk: JWK;
  close(): Promise<void>;
}

/** The cookie of a browser that has signed in at Access as this person. */
export async function signInCookie(privateJwk: JWK, email: string): Promise<string> {
  return new SignJWT({ email })
    .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
    .setIssuer(`https://${ACCESS_VARS.CF_ACCESS_TEAM_DOMAIN}.cloudflareaccess.com`)
    .setAudience(ACCESS_VARS.CF_ACCESS_AUD)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1_000) + HOUR_S)
    .sign(await importJWK(privateJwk, 'RS256'));
}

/** As Access does it: the cookie becomes an assertion, and nobody else's assertion goes through. */
function assertedHeaders({ headers }: IncomingMessage): Record<string, string | string[]> {
  const { 'cf-access-jwt-assertion': _, ...rest } = headers;
  const assertion = COOKIE.exec(headers.cookie ?? '')?.[1];
  const asserted = assertion === undefined ? {} : { 'cf-access-jwt-assertion': assertion };
  return { ...rest, ...asserted } as Record<string, string | string[]>;
}

/** The first lines of a request, for a connection that goes on as something else. */
function headOf({ method, url }: IncomingMessage, headers: Record<string, string | string[]>) {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  );
  return `${[`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
}

/** Starts it on loopback; `upstreamPort` is asked for each request. */
export async function startAccess(upstreamPort: () => number): Promise<AccessStandIn> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const certs = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256' }] };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (request.url === '/certs') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(certs));
      return;
    }
    const { method, url: path } = request;
    const headers = assertedHeaders(request);
    const asked = httpRequest(
      { host: '127.0.0.1', port: upstreamPort(), method, path, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    asked.on('error', () => response.destroy());
    request.pipe(asked);
  });
  server.on('upgrade', (request: IncomingMessage, client: Socket) => {
    const upstream = connect(upstreamPort(), '127.0.0.1');
    upstream.write(headOf(request, assertedHeaders(request)));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    certsUrl: `http://127.0.0.1:${port}/certs`,
    privateJwk: await exportJWK(privateKey),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
