import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EVENT_BYTES, SseMeter } from './sse-meter.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const data = (value: unknown, end = '\n\n'): string => `data: ${JSON.stringify(value)}${end}`;
const wire = (prompt: number, completion: number, cached?: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
});
const DONE = 'data: [DONE]\n\n';

function meterOf(hidesUsage = true) {
  const meter = new SseMeter({ hidesUsage });
  const push = (text: string): string => decoder.decode(meter.push(encoder.encode(text)));
  return { meter, push };
}

/** Passes a stream in chunks that are cut at `cuts`; answers what came out of each. */
function passInPieces(meter: SseMeter, bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const inside = cuts.map((cut) => Math.min(cut, bytes.length));
  const edges = [0, ...inside, bytes.length].toSorted((a, b) => a - b);
  return edges.map((from, i) => meter.push(bytes.slice(from, edges[i + 1])));
}
const joined = (parts: readonly Uint8Array[]): string =>
  decoder.decode(Uint8Array.from(parts.flatMap((part) => [...part])));

/** Events of all kinds that a stream may hold; none of them says usage. */
const plainEvent = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((content) => data({ choices: [{ content }] })),
  fc.constantFrom(
    ': a comment\n\n',
    ': a comment\r\ndata: {"choices":[1]}\r\n\r\n',
    'event: ping\ndata: {}\n\n',
    'data: {"content":"usage"}\r\n\r\n',
    'data: {"broken "usage"\n\n',
    'data: two\ndata: lines\n\n',
    'data: {"zero": 1.0, "at": "\\u00e9\u2028"}\n\n',
  ),
);
const usageEvent = fc.constantFrom(
  data({ choices: [], usage: wire(11, 7, 3) }),
  data({ choices: [], usage: wire(11, 7, 3) }, '\r\n\r\n'),
);
const cutsOf = fc.array(fc.nat({ max: 2_000 }), { maxLength: 30 });

describe('what comes out', () => {
  it('is exactly the whole events that went in, wherever the chunks are cut', () => {
    const events = fc.array(fc.oneof(plainEvent, usageEvent), { maxLength: 12 });
    const halfEvent = fc.constantFrom('', 'data: {"cho', 'data: {}\n', 'd');
    fc.assert(
      fc.property(events, halfEvent, cutsOf, (whole, half, cuts) => {
        const bytes = encoder.encode(whole.join('') + half);
        const meter = new SseMeter({ hidesUsage: false });
        const out = passInPieces(meter, bytes, cuts);
        expect(joined(out)).toBe(whole.join(''));
        expect(meter.end()).toHaveLength(0);
      }),
    );
  });

  it('ends with a whole event at every moment, so that an error may follow', () => {
    fc.assert(
      fc.property(fc.array(plainEvent, { minLength: 1, maxLength: 8 }), cutsOf, (events, cuts) => {
        const bytes = encoder.encode(events.join(''));
        const meter = new SseMeter({ hidesUsage: true });
        let text = '';
        for (const part of passInPieces(meter, bytes, cuts)) {
          text += decoder.decode(part);
          expect(text === '' || /\n\r?\n$/.test(text)).toBe(true);
        }
      }),
    );
  });

  it('lacks the usage that a caller did not ask for, and nothing else', () => {
    const stream = (usage: readonly string[]): fc.Arbitrary<[string, string]> =>
      fc
        .array(fc.oneof(plainEvent, fc.constantFrom(...usage)), { maxLength: 10 })
        .map((events) => [
          events.join(''),
          events.filter((event) => !usage.includes(event)).join(''),
        ]);
    const only = [data({ choices: [], usage: wire(1, 2) }), data({ choices: [], usage: null })];
    fc.assert(
      fc.property(stream(only), cutsOf, ([whole, without], cuts) => {
        const bytes = encoder.encode(whole);
        const meter = new SseMeter({ hidesUsage: true });
        const out = passInPieces(meter, bytes, cuts);
        expect(joined(out)).toBe(without);
      }),
    );
  });

  it('keeps an event that says more than usage, with its comment and its line ends', () => {
    const { push } = meterOf();
    const running = `: here\r\ndata: ${JSON.stringify({ choices: [{ index: 0 }], usage: wire(3, 1) })}\r\n\r\n`;
    expect(push(running)).toBe(': here\r\ndata: {"choices":[{"index":0}]}\r\n\r\n');
    expect(push(data({ choices: [{ a: '$&' }], usage: null }))).toBe(
      data({ choices: [{ a: '$&' }] }),
    );
  });

  it('has all of an event that is longer than may be kept, and the events around it', () => {
    const { meter, push } = meterOf();
    const giant = `data: "${'x'.repeat(MAX_EVENT_BYTES)}`;
    const before = data({ choices: [], usage: wire(4, 2) });
    expect(push(`${data({ a: 1 })}${before}${giant}`)).toBe(`${data({ a: 1 })}${giant}`);
    expect(push(`rest"\n\n${DONE}`)).toBe(`rest"\n\n${DONE}`);
    expect([meter.usage?.tokensIn, meter.isDone]).toEqual([4, true]);
  });

  it('is the last word though it lacks its empty line', () => {
    for (const last of ['data: [DONE]', 'data: [DONE]\n', 'data:[DONE]\r\n']) {
      const { meter, push } = meterOf();
      expect(push(last)).toBe('');
      expect(decoder.decode(meter.end())).toBe(last);
      expect(meter.isDone).toBe(true);
    }
  });
});

describe('usage in a stream', () => {
  const read = (...texts: string[]): SseMeter => {
    const { meter, push } = meterOf();
    for (const text of texts) push(text);
    return meter;
  };

  it('is the same wherever the chunks are cut, even inside a character', () => {
    const stream =
      data({ choices: [{ delta: { content: 'Grüße, 世界 🌍 — "usage"' } }] }) +
      `: a comment\r\n` +
      `data: ${JSON.stringify({ choices: [], usage: wire(11, 7, 3) })}\r\n\r\n` +
      DONE;
    const bytes = encoder.encode(stream);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 }), (cuts) => {
        const meter = new SseMeter({ hidesUsage: true });
        passInPieces(meter, bytes, cuts);
        expect(meter.usage).toEqual({ tokensIn: 11, tokensOut: 7, tokensCached: 3 });
        expect(meter.isDone).toBe(true);
      }),
    );
  });

  it('is the last one said, where each chunk carries a running count', () => {
    const meter = read(data({ usage: wire(9, 1) }), data({ usage: wire(9, 2) }), DONE);
    expect(meter.usage).toEqual({ tokensIn: 9, tokensOut: 2, tokensCached: 0 });
  });

  it('of a stream that was cut is the total that came apart, and no running count', () => {
    const running = data({ choices: [{ index: 0 }], usage: wire(9, 1) });
    const total = data({ choices: [], usage: wire(9, 2) });
    expect(read(running).usage).toBeNull();
    expect(read(total, running).usage).toBeNull();
    expect(read(running, total).usage).toMatchObject({ tokensOut: 2 });
  });

  it('outlives malformed events and a later one without numbers', () => {
    const meter = read(
      'data: {"usage": {"prompt_tokens": 1\n\n',
      data({ usage: wire(4, 2) }),
      data({ usage: null }),
      data({ usage: { prompt_tokens: -1, completion_tokens: 'x' } }),
      'event: error\nnot sse at all "usage"\n\n',
      DONE,
    );
    expect(meter.usage).toEqual({ tokensIn: 4, tokensOut: 2, tokensCached: 0 });
  });

  it('is not what the model wrote about usage, nor is [DONE] what it wrote about that', () => {
    const content = `${JSON.stringify({ usage: wire(999, 999) })}\u2028data: [DONE]\u2028`;
    const meter = read(data({ choices: [{ delta: { content } }] }));
    expect([meter.usage, meter.isDone]).toEqual([null, false]);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 60 })),
        fc.boolean(),
        (chunks, hidesUsage) => {
          const meter = new SseMeter({ hidesUsage });
          expect(() => chunks.forEach((chunk) => meter.push(chunk))).not.toThrow();
          expect(() => meter.end()).not.toThrow();
        },
      ),
    );
  });
});
