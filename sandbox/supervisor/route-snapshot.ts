import type { IncomingMessage } from 'node:http';
import { HttpError, sendJson } from './http-answers.ts';
import type { Exchange } from './exchange.ts';
import { isSnapshotId } from './settings.ts';
import type { SnapshotRequest } from './snapshot.ts';

/** An id, a ticket and a number: 16 KiB leaves room for a long ticket. */
const MAX_BODY_BYTES = 16_384;
/** A ticket goes into one header. */
const MAX_TICKET_CHARS = 8_192;

/** `POST /snapshot {id, ticket, maxBytes}`: makes one and answers when it is stored. */
export async function handleSnapshot({ request, response, supervisor }: Exchange): Promise<void> {
  const wanted = parseSnapshotRequest(await readBody(request));
  sendJson(response, 200, await supervisor.snapshot(wanted));
}

/** Parses the body. @throws HttpError 400 naming the first field that is wrong. */
function parseSnapshotRequest(text: string): SnapshotRequest {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new HttpError(400, 'bad_request', 'The body is not JSON.');
  }
  const { id, ticket, maxBytes } = (body ?? {}) as Record<string, unknown>;
  if (!isSnapshotId(id)) throw new HttpError(400, 'bad_request', 'id must be a ULID.');
  if (typeof ticket !== 'string' || ticket.length > MAX_TICKET_CHARS || !/^[!-~]+$/.test(ticket))
    throw new HttpError(400, 'bad_request', 'ticket must be printable text without spaces.');
  if (typeof maxBytes !== 'number' || !Number.isSafeInteger(maxBytes) || maxBytes <= 0)
    throw new HttpError(400, 'bad_request', 'maxBytes must be a positive integer.');
  return { id, ticket, maxBytes };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new HttpError(413, 'body_too_large', `At most ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
