import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answered, HANG, Speaker, status, textOf, USAGE, world } from './doubles/upstream.ts';

const WHOLE = { stream: false };
const whole = (text = JSON.stringify({ choices: [], usage: USAGE })): Response =>
  new Response(text, { headers: { 'cf-aig-log-id': 'log-1' } });

describe('a whole answer', () => {
  it('is passed on as it came, with the usage in it booked', async () => {
    const text = '{ "choices": [],\n "usage": {"prompt_tokens":12,"completion_tokens":4} }';
    const { call, booked, settled } = world(whole(text));
    const result = await call(WHOLE);
    expect(result).toMatchObject({ ok: true, logId: 'log-1' });
    expect(result.ok && (await result.response.text())).toBe(text);
    await settled();
    expect(booked).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        status: 200,
        usage: { tokensIn: 12, tokensOut: 4, tokensCached: 0 },
        callFailed: false,
      }),
    ]);
  });

  it('without usage is booked without, to be looked up', async () => {
    const { answer, booked, settled } = world(whole('{"choices":[]}'));
    await textOf(await answer(WHOLE));
    await settled();
    expect(booked).toEqual([expect.objectContaining({ outcome: 'ok', usage: null })]);
  });

  it('that is no JSON is none: the fallback is asked, and the first attempt looked up', async () => {
    for (const text of ['', '<html>', '{"choices":[']) {
      const { answer, asked, booked, settled } = world(whole(text), whole());
      expect(await textOf(await answer(WHOLE))).toContain('choices');
      await settled();
      expect(asked).toHaveLength(2);
      expect(booked).toMatchObject([
        { attemptId: 'call.1', outcome: 'network_error', usage: null, logId: 'log-1' },
        { attemptId: 'call.2', outcome: 'ok' },
      ]);
    }
  });

  it('that is longer than may be kept is none either, said or not, and is ended', async () => {
    const long = 'x'.repeat(8 * 1024 * 1024 + 1);
    const said = new Response('{}', { headers: { 'content-length': String(long.length) } });
    for (const upstream of [said, new Speaker({}).say(long)]) {
      const { answer, asked, booked, settled } = world(upstream, whole());
      await textOf(await answer(WHOLE));
      await settled();
      expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
      expect(booked).toMatchObject([{ outcome: 'network_error' }, { outcome: 'ok' }]);
    }
  });
});

describe('an answer that is no stream of events', () => {
  it('where one was asked for is ended, and the fallback asked', async () => {
    const { answer, asked, booked, settled } = world(
      new Speaker({ 'content-type': 'application/json' }).say('{}'),
      answered(),
    );
    await textOf(await answer());
    await settled();
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(booked).toMatchObject([
      { outcome: 'network_error', status: null, usage: null, logId: 'log-1' },
      { outcome: 'ok' },
    ]);
  });

  it('but says nothing of its type is taken as one', async () => {
    const { answer, asked, settled } = world(new Speaker({}).say('data: [DONE]\n\n').end());
    expect(await textOf(await answer())).toBe('data: [DONE]\n\n');
    await settled();
    expect(asked).toHaveLength(1);
  });
});

describe('the patience for a first byte', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('ends at the route’s time-out, whether headers had come or not', async () => {
    for (const upstream of [HANG, new Speaker()] as const) {
      const { answer, asked, booked, rules, settled } = world(upstream, answered());
      rules.attempt = { firstByteTimeoutMs: 20_000 };
      const reading = answer().then(textOf);
      await pass(19_999);
      expect(asked).toHaveLength(1);
      await pass(1);
      expect(await reading).toContain('[DONE]');
      await settled();
      expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
      expect(booked).toMatchObject([
        { attemptId: 'call.1', outcome: 'timeout', status: null, usage: null, callFailed: false },
        { attemptId: 'call.2', outcome: 'ok' },
      ]);
    }
  });

  it('is longer for a whole answer, by the tokens that it may have', async () => {
    const speaker = new Speaker({});
    const { answer, asked, rules, settled } = world(speaker, whole());
    rules.attempt = { firstByteTimeoutMs: 20_000, maxOutputTokens: 1_000 };
    const reading = answer(WHOLE).then(textOf);
    await pass(20_000 + 25 * 1_000 - 1);
    speaker.say('{"choices":[1]}').end();
    expect(await reading).toBe('{"choices":[1]}');
    await settled();
    expect(asked).toHaveLength(1);
  });

  it('ends for a whole answer too, in the middle of it as well', async () => {
    for (const upstream of [HANG, new Speaker({}).say('{"choices":')] as const) {
      const { answer, booked, rules, settled } = world(upstream, whole());
      rules.attempt = { firstByteTimeoutMs: 20_000, maxOutputTokens: 1_000 };
      const reading = answer(WHOLE).then(textOf);
      await pass(20_000 + 25 * 1_000);
      expect(await reading).toContain('usage');
      await settled();
      expect(booked).toMatchObject([{ outcome: 'timeout' }, { outcome: 'ok' }]);
    }
  });

  it('is over with the answer: no timer is left behind', async () => {
    const { answer, settled } = world(whole());
    await textOf(await answer(WHOLE));
    await settled();
    expect(vi.getTimerCount()).toBe(0);
    const streamed = world(answered());
    await textOf(await streamed.answer());
    await streamed.settled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a caller that leaves', () => {
  it('before the first byte ends the upstream request, without a fallback', async () => {
    for (const body of [WHOLE, {}]) {
      for (const upstream of [HANG, new Speaker()] as const) {
        const { call, asked, booked, leave } = world(upstream, answered());
        const calling = call(body);
        await Promise.resolve();
        leave();
        expect(await calling).toMatchObject({ ok: false, failedCalls: 0 });
        expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
        expect(booked).toEqual([
          expect.objectContaining({ outcome: 'aborted', usage: null, callFailed: false }),
        ]);
      }
    }
  });

  it('before the call was made is not waited for', async () => {
    const { call, booked, leave, rules } = world(HANG);
    rules.attempt = { firstByteTimeoutMs: 120_000 };
    leave();
    await call();
    expect(booked).toEqual([expect.objectContaining({ outcome: 'aborted' })]);
  });
});

describe('what upstream says of a request', () => {
  it('is told to the caller where it is about the request itself', async () => {
    const shapes = [
      '{"errors":[{"message":"Too many tools."}]}',
      '{"error":{"message":"Too many tools."}}',
    ];
    for (const code of [400, 413, 422]) {
      for (const shape of shapes) {
        const { call } = world(status(code, shape));
        expect(await call()).toMatchObject({ code: 'invalid_request', message: 'Too many tools.' });
      }
    }
  });

  it('is told in a bounded number of characters, and in ours where it says nothing', async () => {
    const long = world(status(400, JSON.stringify({ error: { message: 'x'.repeat(9_999) } })));
    expect(await long.call()).toMatchObject({ message: 'x'.repeat(500) });
    for (const text of ['', 'no json', '{}', '{"error":{"message":7}}', 'null']) {
      const { call } = world(status(400, text));
      const message = 'The model did not answer. Please try again.';
      expect(await call()).toMatchObject({ ok: false, code: 'invalid_request', message });
    }
  });

  it('about our own credentials or account is never repeated', async () => {
    for (const code of [401, 402, 403, 404, 429, 500]) {
      const secret = `{"error":{"message":"key sk-canary of account 4711 is not allowed"}}`;
      const { call } = world(status(code, secret), status(code, secret));
      expect(JSON.stringify(await call())).not.toMatch(/canary|4711/);
    }
  });
});
