import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { SNAPSHOT_STATUS, SnapshotError } from './snapshot-error.ts';

/** A refusal with its status and stable code. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** Answers with an error; one that is not ours is shown as `internal`, without its message. */
export function sendError(response: ServerResponse, cause: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (cause instanceof HttpError) return sendCode(response, cause.status, cause);
  if (cause instanceof SnapshotError) return sendCode(response, SNAPSHOT_STATUS[cause.code], cause);
  sendCode(response, 500, { code: 'internal', message: 'The supervisor failed.' });
}

function sendCode(
  response: ServerResponse,
  status: number,
  { code, message }: { code: string; message: string },
): void {
  sendJson(response, status, { error: { code, message } });
}

/** Refuses a WebSocket upgrade with plain HTTP. */
export function endUpgrade(client: Duplex, status: number, code: string): void {
  const body = JSON.stringify({ error: { code, message: STATUS_CODES[status] ?? code } });
  client.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
