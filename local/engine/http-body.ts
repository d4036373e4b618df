import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from './api-error.ts';

/** Largest request body, in bytes. The biggest real one is a create request with its environment: a few KB. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** A request's JSON body; `{}` when it has none. 413 when it is too large, 400 when it is not JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new ApiError(413, `body over ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return parseJson(Buffer.concat(chunks));
}

/**
 * The same for a request with `Upgrade`: Node hands its body out as the first bytes of the upgraded
 * socket. What comes after the announced length stays in the socket, unread.
 */
export async function readUpgradeJson(
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<unknown> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!(length <= MAX_BODY_BYTES)) throw new ApiError(413, `body over ${MAX_BODY_BYTES} bytes`);
  if (head.length > 0) socket.unshift(head);
  if (length === 0) return {};
  return parseJson(await readExactly(socket, length));
}

function readExactly(socket: Duplex, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new ApiError(400, 'the body ended early'));
    const take = (): void => {
      const chunk = socket.read(length) as Buffer | null;
      // At the end of the stream read() returns what is left, however little.
      if (chunk === null) return;
      socket.off('readable', take).off('close', gone).off('end', gone);
      if (chunk.length === length) resolve(chunk);
      else gone();
    };
    socket.on('readable', take).on('close', gone).on('end', gone);
    take();
  });
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError(400, 'the body is not JSON');
  }
}

/** Answers with a JSON document. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Renders any error as Docker does. What is not an ApiError is a fault of the engine: 500. */
export function errorAnswer(error: unknown): { status: number; message: string } {
  if (error instanceof ApiError) return { status: error.status, message: error.message };
  return { status: 500, message: error instanceof Error ? error.message : String(error) };
}
