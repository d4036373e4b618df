import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answered, CHUNKS, restOf, SHOWN, Speaker, textOf, world } from './doubles/upstream.ts';
import { MAX_ATTEMPT_MS } from './ledger.ts';

const decoder = new TextDecoder();
const ASKED = { stream_options: { include_usage: true } };
const ERROR_EVENT =
  /^data: \{"error":\{"message":"The model stopped[^\n]*"code":"upstream_failed"\}\}\n\n$/;

/** Long enough for all that is possible already. */
const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** What follows the whole events that have come. */
function behind(events: string, text: string): string {
  expect(text.slice(0, events.length)).toBe(events);
  return text.slice(events.length);
}

async function readToDone(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let text = ''; !text.includes('[DONE]');) {
    text += decoder.decode((await reader.read()).value);
  }
}

describe('a streamed answer', () => {
  it('is passed on byte for byte, and its usage is booked once it is over', async () => {
    const { call, asked, booked, settled } = world(answered());
    const result = await call(ASKED);
    expect(result).toMatchObject({ ok: true, logId: 'log-1', attempt: { n: 1 } });
    expect(result.ok && (await result.response.text())).toBe(CHUNKS.join(''));
    await settled();
    expect(booked).toEqual([
      expect.objectContaining({
        attemptId: 'call.1',
        outcome: 'ok',
        status: 200,
        usage: { tokensIn: 12, tokensOut: 4, tokensCached: 0 },
        logId: 'log-1',
        callFailed: false,
      }),
    ]);
    expect(asked).toHaveLength(1);
  });

  it('has no usage for a caller that did not ask for it, and is booked with it', async () => {
    for (const options of [undefined, null, {}, { include_usage: false }]) {
      const { answer, booked, settled } = world(answered());
      expect(await textOf(await answer({ stream_options: options }))).toBe(SHOWN);
      await settled();
      expect(booked).toMatchObject([{ outcome: 'ok', usage: { tokensIn: 12 } }]);
    }
  });

  it('reaches the caller while the model still speaks', async () => {
    const speaker = new Speaker();
    const { answer, booked, settled } = world(speaker.say(CHUNKS[0]));
    const reader = (await answer()).getReader();
    expect(decoder.decode((await reader.read()).value)).toBe(CHUNKS[0]);
    expect(booked).toEqual([]);
    speaker.say(CHUNKS[1], CHUNKS[3]).end();
    await reader.read();
    await reader.read();
    await settled();
    expect(booked).toHaveLength(1);
  });

  it('without usage is booked without, to be looked up', async () => {
    const { answer, booked, settled } = world(answered([CHUNKS[3]]));
    await textOf(await answer());
    await settled();
    expect(booked).toEqual([expect.objectContaining({ outcome: 'ok', usage: null })]);
  });

  it('carries none of upstream’s headers', async () => {
    const speaker = new Speaker({ 'set-cookie': 'a=b', 'x-internal': '1' });
    const { call, settled } = world(speaker.say(...CHUNKS).end());
    const result = await call();
    const names = result.ok ? [...result.response.headers.keys()] : [];
    expect(names.toSorted()).toEqual(['cache-control', 'content-type']);
    if (result.ok) await result.response.text();
    await settled();
  });

  it('ends with its last word, though upstream keeps its connection', async () => {
    const { answer, booked, settled } = world(new Speaker().say(...CHUNKS));
    expect(await textOf(await answer())).toBe(SHOWN);
    await settled();
    expect(booked).toMatchObject([{ outcome: 'ok' }]);
  });

  it('is whole also where its last word lacks the empty line', async () => {
    const { answer, booked, settled } = world(answered([CHUNKS[0], 'data: [DONE]']));
    expect(await textOf(await answer())).toBe(`${CHUNKS[0]}data: [DONE]`);
    await settled();
    expect(booked).toMatchObject([{ outcome: 'ok' }]);
  });

  it('is passed on though some of its events are no JSON', async () => {
    const odd = [': hello\n\n', 'data: {"cho\n\n', 'event: x\ndata: y\n\n'];
    const { answer, booked, settled } = world(answered([...odd, ...CHUNKS]));
    expect(await textOf(await answer(ASKED))).toBe([...odd, ...CHUNKS].join(''));
    await settled();
    expect(booked).toMatchObject([{ outcome: 'ok', usage: { tokensOut: 4 } }]);
  });
});

describe('a stream that breaks after its first byte', () => {
  it('ends with its whole events and one error, is booked as cut, and is not tried again', async () => {
    const speaker = new Speaker();
    const { answer, asked, booked, settled } = world(speaker.say(CHUNKS[0]), answered());
    const reader = (await answer()).getReader();
    await reader.read();
    speaker.say('data: {"choices":[{"delta"');
    speaker.break();
    expect(await restOf(reader)).toMatch(ERROR_EVENT);
    await settled();
    expect(asked).toHaveLength(1);
    expect(booked).toEqual([
      expect.objectContaining({ outcome: 'cut', usage: null, callFailed: true, logId: 'log-1' }),
    ]);
  });

  it('without [DONE] was cut too, and keeps the usage it had', async () => {
    const speaker = new Speaker().say(CHUNKS[0], CHUNKS[1], CHUNKS[2], 'data: {"ch').end();
    const { answer, booked, settled } = world(speaker);
    const text = await textOf(await answer());
    expect(behind(CHUNKS[0] + CHUNKS[1], text)).toMatch(ERROR_EVENT);
    await settled();
    expect(booked).toMatchObject([{ outcome: 'cut', usage: { tokensIn: 12 } }]);
  });

  it('tells its caller only after it is booked, so that a repeat finds the failure counted', async () => {
    const { promise: settling, resolve: book } = Promise.withResolvers<void>();
    const { answer, booked, rules } = world(new Speaker().say(CHUNKS[0]).end());
    rules.settling = settling;
    const reader = (await answer()).getReader();
    expect(decoder.decode((await reader.read()).value)).toBe(CHUNKS[0]);
    let isTold = false;
    const telling = restOf(reader).finally(() => {
      isTold = true;
    });
    await turnOfTheLoop();
    expect([isTold, booked]).toEqual([false, []]);
    book();
    expect(await telling).toMatch(ERROR_EVENT);
    expect(booked).toHaveLength(1);
  });

  it('tells its caller also when it could not be booked', async () => {
    const { answer, rules, settled } = world(new Speaker().say(CHUNKS[0]).end());
    rules.settling = Promise.reject(new Error('the agent is gone'));
    rules.settling.catch(() => undefined);
    expect(behind(CHUNKS[0], await textOf(await answer()))).toMatch(ERROR_EVENT);
    expect(await settled()).toMatchObject([{ status: 'rejected' }]);
  });

  it('behind its last word is whole', async () => {
    const speaker = new Speaker();
    const { answer, booked, settled } = world(speaker.say(...CHUNKS));
    const reader = (await answer()).getReader();
    await readToDone(reader);
    speaker.break();
    expect(await restOf(reader)).toBe('');
    await settled();
    expect(booked).toMatchObject([{ outcome: 'ok', callFailed: false }]);
  });
});

describe('with time', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('a stream that falls silent is cut after as long as its first byte might have taken', async () => {
    const speaker = new Speaker();
    const { answer, asked, booked, settled, rules } = world(speaker.say(CHUNKS[0]), answered());
    rules.attempt = { firstByteTimeoutMs: 20_000 };
    const reading = answer().then(textOf);
    await pass(19_999);
    expect([asked[0]?.signal.aborted, booked]).toEqual([false, []]);
    await pass(1);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(behind(CHUNKS[0], await reading)).toMatch(ERROR_EVENT);
    await settled();
    expect(asked).toHaveLength(1);
    expect(booked).toMatchObject([{ outcome: 'cut', callFailed: true }]);
  });

  it('a stream that speaks now and then goes on, a comment counting as speech', async () => {
    const speaker = new Speaker();
    const { answer, settled, rules } = world(speaker.say(CHUNKS[0]));
    rules.attempt = { firstByteTimeoutMs: 20_000 };
    const reading = answer().then(textOf);
    const keepAlive = ': still here\n\n';
    for (let i = 0; i < 5; i += 1) {
      await pass(15_000);
      speaker.say(keepAlive);
    }
    await pass(15_000);
    speaker.say(CHUNKS[3]).end();
    expect(await reading).toBe(CHUNKS[0] + keepAlive.repeat(5) + CHUNKS[3]);
    await settled();
  });

  it('a caller that reads slowly is not taken for an upstream that is silent', async () => {
    const { answer, asked, booked, settled, rules } = world(answered());
    rules.attempt = { firstByteTimeoutMs: 20_000 };
    const reader = (await answer()).getReader();
    let text = '';
    for (let isOver = false; !isOver;) {
      await pass(90_000);
      const { done, value } = await reader.read();
      isOver = done;
      text += decoder.decode(value);
    }
    expect(text).toBe(SHOWN);
    await settled();
    expect(asked[0]?.signal.aborted).toBe(false);
    expect(booked).toMatchObject([{ outcome: 'ok' }]);
  });

  it('a stream that never ends is cut when an attempt must end', async () => {
    const speaker = new Speaker();
    const { answer, booked, settled, rules } = world(speaker.say(CHUNKS[0]));
    rules.attempt = { firstByteTimeoutMs: 120_000 };
    const reading = answer().then(textOf);
    for (let passed = 0; passed < MAX_ATTEMPT_MS; passed += 60_000) {
      expect(booked).toEqual([]);
      speaker.say(CHUNKS[1]);
      await pass(60_000);
    }
    expect(await reading).toMatch(/upstream_failed/);
    await settled();
    expect(booked).toMatchObject([{ outcome: 'cut' }]);
  });

  it('a caller that does not read is not waited for to be told that its stream was cut', async () => {
    const { answer, booked, settled } = world(new Speaker().say('data: {"ch').end());
    await answer();
    const pumped = settled();
    await pass(30_000);
    await pumped;
    expect(booked).toMatchObject([{ outcome: 'cut' }]);
  });

  it('a caller that reads nothing does not keep an attempt for longer than one may last', async () => {
    const { answer, asked, booked, settled, rules } = world(new Speaker().say(CHUNKS[0]));
    rules.attempt = { firstByteTimeoutMs: 120_000 };
    await answer();
    await pass(MAX_ATTEMPT_MS);
    await settled();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(booked).toMatchObject([{ outcome: 'aborted', callFailed: false }]);
  });
});

describe('a caller that leaves in the middle of the stream', () => {
  it('ends the request upstream though that is silent, and the attempt is looked up', async () => {
    const { answer, asked, booked, settled, leave } = world(new Speaker().say(CHUNKS[0]));
    const reader = (await answer()).getReader();
    await reader.read();
    leave();
    expect(asked[0]?.signal.aborted).toBe(true);
    await settled();
    expect(booked).toEqual([
      expect.objectContaining({ outcome: 'aborted', usage: null, callFailed: false }),
    ]);
    await expect(reader.read()).rejects.toThrow();
  });

  it('is noticed by its closed stream too, at the next event', async () => {
    const speaker = new Speaker();
    const { answer, asked, booked, settled } = world(speaker.say(CHUNKS[0]));
    const reader = (await answer()).getReader();
    await reader.read();
    await reader.cancel();
    speaker.say(CHUNKS[1]);
    await settled();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(booked).toMatchObject([{ outcome: 'aborted', usage: null, callFailed: false }]);
  });

  it('is noticed while it reads nothing', async () => {
    const { answer, booked, settled, leave } = world(new Speaker().say(...CHUNKS.slice(0, 2)));
    await answer();
    leave();
    await settled();
    expect(booked).toMatchObject([{ outcome: 'aborted' }]);
  });

  it('at the last word has had a whole answer', async () => {
    const speaker = new Speaker().say(...CHUNKS);
    const { answer, booked, settled, leave } = world(speaker);
    await readToDone((await answer()).getReader());
    leave();
    await settled();
    expect(booked).toMatchObject([{ outcome: 'ok', usage: { tokensOut: 4 } }]);
  });
});
