/** The body is longer than its reader takes. */
export class TooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the body is longer than ${maxBytes} bytes`);
    this.name = 'TooLargeError';
  }
}

/**
 * The body of a message as text; TooLargeError as soon as more than `maxBytes` have come. One that says
 * its length is read at once, since it can't be longer; chunk by chunk costs ten times as much.
 */
export async function boundedBody(
  message: Pick<Request | Response, 'headers' | 'body' | 'text'>,
  maxBytes: number,
): Promise<string> {
  const length = message.headers.get('content-length');
  if (Number(length ?? 0) > maxBytes) throw new TooLargeError(maxBytes);
  if (length !== null) return message.text();
  if (!message.body) return '';
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of message.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new TooLargeError(maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
