import { createHash } from 'node:crypto';
import { type IncomingHttpHeaders, createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from './listen.ts';

/** A stored snapshot and the headers it came with. */
export interface StoredSnapshot {
  body: Buffer;
  headers: IncomingHttpHeaders;
}

/** A state store that keeps what is put and checks its digest, as R2 does. */
export async function startFakeState(): Promise<{
  url: string;
  stored: Map<string, StoredSnapshot>;
  /** Requests that came. */
  readonly asked: number;
  close: () => void;
}> {
  let asked = 0;
  const stored = new Map<string, StoredSnapshot>();
  const server = createServer(async (request, response) => {
    asked += 1;
    const id = request.url?.split('/').at(-1) ?? '';
    if (request.method === 'PUT') {
      const body = await buffer(request);
      const isWhole = sha256(body) === request.headers['x-sk-sha256'];
      if (isWhole) stored.set(id, { body, headers: request.headers });
      response.writeHead(isWhole ? 201 : 400).end();
      return;
    }
    const found = stored.get(id);
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': found.body.length }).end(found.body);
  });
  const port = await listen(server);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    url: `http://127.0.0.1:${port}/snapshot`,
    stored,
    get asked() {
      return asked;
    },
    close,
  };
}

/** @returns the SHA-256 of `body` in hex. */
export function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
