import type { z } from 'zod';
import { AppError, validationError } from '../contract/errors.ts';
import { MAX_CLIENT_FRAME_BYTES } from '../contract/frames.ts';

/** Bodies of everything but messages: a few fields. */
const MAX_BODY_BYTES = 16 * 1024;
/** Bodies with a message: as large as the socket's frames. */
export const MAX_MESSAGE_BODY_BYTES = MAX_CLIENT_FRAME_BYTES;

/** A body without a length to believe is counted while it comes in. */
async function readChunks(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

const tooLarge = (maxBytes: number): AppError =>
  new AppError('payload_too_large', `The body is over ${maxBytes} bytes.`);

const utf8 = new TextDecoder('utf-8', { fatal: true });

async function readText(
  request: Request,
  maxBytes: number,
): Promise<{ text: string; bytes: number }> {
  const length = request.headers.get('content-length');
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return { text: '', bytes: 0 };
  const bytes =
    length === null ? await readChunks(request.body, maxBytes) : await request.arrayBuffer();
  return { text: utf8.decode(bytes), bytes: bytes.byteLength };
}

/**
 * The JSON body of a request as it is, and its size in bytes; no body at all is an empty object. Throws
 * payload_too_large and invalid_json.
 */
export async function readJson(
  request: Request,
  maxBytes: number,
): Promise<{ value: unknown; bytes: number }> {
  try {
    const { text, bytes } = await readText(request, maxBytes);
    return { value: text.trim() === '' ? {} : JSON.parse(text), bytes };
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    // Not its cause: that quotes the body, which is nobody's to log.
    throw new AppError('invalid_json', 'The body is not valid JSON.');
  }
}

/**
 * The JSON body of a request, checked. No body at all is an empty object, for routes where every
 * field has a default. Throws payload_too_large, invalid_json and invalid_request.
 */
export async function readBody<T>(
  request: Request,
  schema: z.ZodType<T>,
  maxBytes: number = MAX_BODY_BYTES,
): Promise<T> {
  const { value } = await readJson(request, maxBytes);
  return check(schema, value);
}

/** The query of a URL, checked; of a repeated name the last one counts. Throws invalid_request. */
export function readQuery<T>(url: URL, schema: z.ZodType<T>): T {
  return check(schema, Object.fromEntries(url.searchParams));
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw validationError(parsed.error);
  return parsed.data;
}
