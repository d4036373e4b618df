/** The longest event of a stream that is read, in characters; more ends the stream with an error. */
const MAX_EVENT_CHARS = 1024 * 1024;

/** The data of each server-sent event, one by one, of a body that carries only such events. */
export async function* serverSentData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const bytes of body) {
    pending += decoder.decode(bytes, { stream: true });
    const events = pending.split(/\r?\n\r?\n/);
    pending = events.pop() ?? '';
    if (pending.length > MAX_EVENT_CHARS)
      throw new RangeError('An event of the stream is too long.');
    for (const event of events) {
      const data = dataOf(event);
      if (data !== null) yield data;
    }
  }
  const last = dataOf(pending);
  if (last !== null) yield last;
}

function dataOf(event: string): string | null {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.length === 0 ? null : lines.map((line) => line.slice(5).trimStart()).join('\n');
}
