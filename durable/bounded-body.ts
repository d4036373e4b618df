/** The body is longer than its reader takes. */
export class TooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the body is longer than ${maxBytes} bytes`);
    this.name = 'TooLargeError';
  }
}

/** The body of a message as text; TooLargeError as soon as more than `maxBytes` have come. */
export async function boundedBody(
  message: Pick<Request | Response, 'headers' | 'body'>,
  maxBytes: number,
): Promise<string> {
  if (Number(message.headers.get('content-length') ?? 0) > maxBytes)
    throw new TooLargeError(maxBytes);
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
