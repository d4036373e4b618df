import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** Answers of these have no body (fetch standard, "null body status"). */
const BODYLESS: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** Headers of a Node answer, each value by itself. */
function headersOf(answer: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

/**
 * The edge of a system that runs on this machine, as pages ask it while `vite dev` renders them. By
 * address and port: Node does not resolve `*.localhost`, and tenants are told apart by their Host.
 */
export function localEdge(port: number): { fetch(request: Request): Promise<Response> } {
  return {
    async fetch(request) {
      const { pathname, search, host } = new URL(request.url);
      const headers = { ...Object.fromEntries(request.headers), host };
      const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
      return new Promise((resolve, reject) => {
        const asked = httpRequest(
          { host: '127.0.0.1', port, path: pathname + search, method: request.method, headers },
          (answer) => {
            const status = answer.statusCode ?? 502;
            const stream = BODYLESS.has(status) ? null : (Readable.toWeb(answer) as ReadableStream);
            resolve(new Response(stream, { status, headers: headersOf(answer) }));
          },
        );
        asked.on('error', reject);
        asked.end(body);
      });
    },
  };
}
