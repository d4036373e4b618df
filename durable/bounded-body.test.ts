import { expect, it } from 'vitest';
import { boundedBody, TooLargeError } from './bounded-body.ts';

const encoder = new TextEncoder();

/** A body in chunks, without a length, and how many chunks were asked for. */
function chunked(chunks: Uint8Array[]): { request: Request; pulled: () => number } {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[pulled];
        pulled += 1;
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const init = { method: 'POST', body, duplex: 'half' };
  return { request: new Request('http://x', init as RequestInit), pulled: () => pulled };
}

it('reads a body up to its bound, to the byte', async () => {
  const request = (text: string): Request =>
    new Request('http://x', { method: 'POST', body: text });
  expect(await boundedBody(request('12345'), 5)).toBe('12345');
  await expect(boundedBody(request('123456'), 5)).rejects.toThrow(TooLargeError);
  expect(await boundedBody(new Request('http://x'), 5)).toBe('');
});

it('counts bytes, not characters', async () => {
  const request = new Request('http://x', { method: 'POST', body: '世界' });
  await expect(boundedBody(request, 5)).rejects.toThrow(TooLargeError);
});

it('puts a character together that was cut between two chunks', async () => {
  const bytes = encoder.encode('a世b');
  const { request } = chunked([bytes.slice(0, 2), bytes.slice(2)]);
  expect(await boundedBody(request, 5)).toBe('a世b');
});

it('stops reading as soon as too much has come', async () => {
  const { request, pulled } = chunked(Array.from({ length: 100 }, () => new Uint8Array(10)));
  await expect(boundedBody(request, 25)).rejects.toThrow(TooLargeError);
  expect(pulled()).toBeLessThan(6);
});

it('believes a length that is too large without reading', async () => {
  const { request, pulled } = chunked([new Uint8Array(1)]);
  request.headers.set('content-length', '26');
  await expect(boundedBody(request, 25)).rejects.toThrow(TooLargeError);
  expect(pulled()).toBe(0);
});
