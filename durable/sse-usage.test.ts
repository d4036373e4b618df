import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseUsageReader, usageOf } from './sse-usage.ts';

const encoder = new TextEncoder();
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const read = (...chunks: (string | Uint8Array)[]): SseUsageReader => {
  const reader = new SseUsageReader();
  for (const chunk of chunks)
    reader.push(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
  return reader;
};
const wire = (prompt: number, completion: number, cached?: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
});

describe('usage in a stream', () => {
  it('is the same wherever the chunks are cut, even inside a character', () => {
    const stream =
      data({ choices: [{ delta: { content: 'Grüße, 世界 🌍 — "usage"' } }] }) +
      `: a comment\r\n` +
      `data: ${JSON.stringify({ choices: [], usage: wire(11, 7, 3) })}\r\n\r\n` +
      'data: [DONE]\n\n';
    const bytes = encoder.encode(stream);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 }), (cuts) => {
        const reader = new SseUsageReader();
        const edges = [0, ...cuts, bytes.length].toSorted((a, b) => a - b);
        for (const [i, from] of edges.entries()) reader.push(bytes.slice(from, edges[i + 1]));
        expect(reader.usage).toEqual({ tokensIn: 11, tokensOut: 7, tokensCached: 3 });
        expect(reader.done).toBe(true);
      }),
    );
  });

  it('is the last one said, where each chunk carries a running count', () => {
    const reader = read(data({ usage: wire(9, 1) }), data({ usage: wire(9, 2) }), 'data: [DONE]\n');
    expect(reader.usage).toEqual({ tokensIn: 9, tokensOut: 2, tokensCached: 0 });
  });

  it('outlives malformed lines and a later chunk without numbers', () => {
    const reader = read(
      'data: {"usage": {"prompt_tokens": 1\n\n',
      data({ usage: wire(4, 2) }),
      data({ usage: null }),
      data({ usage: { prompt_tokens: -1, completion_tokens: 'x' } }),
      'event: error\nnot sse at all "usage"\n',
    );
    expect(reader.usage).toEqual({ tokensIn: 4, tokensOut: 2, tokensCached: 0 });
    expect(reader.done).toBe(false);
  });

  it('is not what the model wrote about usage', () => {
    const content = JSON.stringify({ usage: wire(999, 999) });
    expect(read(data({ choices: [{ delta: { content } }] })).usage).toBeNull();
  });

  it('drops a line without end instead of keeping it in memory, and reads the next', () => {
    const reader = new SseUsageReader();
    const big = encoder.encode(`data: ${'x'.repeat(300_000)}`);
    for (let i = 0; i < 8; i += 1) reader.push(big);
    reader.push(encoder.encode(`\n${data({ usage: wire(1, 1) })}`));
    expect(reader.usage).toEqual({ tokensIn: 1, tokensOut: 1, tokensCached: 0 });
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        expect(() => read(...chunks)).not.toThrow();
      }),
    );
  });
});

describe('usage of a whole answer', () => {
  it('is null where the answer has none', () => {
    for (const answer of [null, 'text', 3, [], {}, { usage: null }, { usage: {} }]) {
      expect(usageOf(answer)).toBeNull();
    }
  });

  it('counts cached tokens where they are named', () => {
    expect(usageOf({ usage: wire(10, 2, 8) })).toEqual({
      tokensIn: 10,
      tokensOut: 2,
      tokensCached: 8,
    });
  });
});
