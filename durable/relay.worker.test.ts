import { describe, expect, it } from 'vitest';
import {
  answered,
  HANG,
  MODELS,
  SHOWN,
  Speaker,
  status,
  textOf,
  world,
  type Upstream,
} from './doubles/upstream.ts';
import type { AdmissionRefusal, SettleInput } from './ledger.ts';

const TOO_LONG = JSON.stringify({
  error: { message: 'This model’s maximum context length is 24000 tokens, you asked for 90000.' },
});
const refusal: AdmissionRefusal = {
  ok: false,
  code: 'limit_reached',
  message: 'Too many.',
  retryAfterMs: 1_000,
  failedCalls: 0,
};

describe('a failure before the first byte', () => {
  const cases: [string, () => Upstream, Partial<SettleInput>][] = [
    ['a network error', () => new Error('refused'), { outcome: 'network_error', status: null }],
    ['no answer in time', () => HANG, { outcome: 'timeout', status: null }],
    [
      'headers and then nothing in time',
      () => new Speaker(),
      { outcome: 'timeout', status: null, logId: 'log-1' },
    ],
    [
      'headers and then the end',
      () => new Speaker().end(),
      { outcome: 'network_error', status: null, usage: null },
    ],
    ...[408, 410, 429, 500, 502, 503, 504, 529].map(
      (code): [string, () => Upstream, Partial<SettleInput>] => [
        `status ${code}`,
        () => status(code),
        { outcome: 'upstream_error', status: code, logId: `log-${code}` },
      ],
    ),
  ];
  it.each(cases)('asks the fallback after %s, and books both', async (_, upstream, row) => {
    const { answer, asked, booked, settled } = world(upstream(), answered());
    expect(await textOf(await answer())).toBe(SHOWN);
    await settled();
    expect(asked.map(({ model }) => model)).toEqual(MODELS);
    expect(booked).toEqual([
      expect.objectContaining({ attemptId: 'call.1', callFailed: false, ...row }),
      expect.objectContaining({ attemptId: 'call.2', outcome: 'ok' }),
    ]);
  });

  it('gives up after the fallback, and counts one failed call', async () => {
    const { call, asked, booked } = world(status(500), status(503));
    expect(await call()).toEqual({
      ok: false,
      code: 'upstream_failed',
      message: 'The model did not answer. Please try again.',
      retryAfterMs: null,
      failedCalls: 1,
    });
    expect(asked).toHaveLength(2);
    expect(booked.map((row) => row.callFailed)).toEqual([false, true]);
  });

  it('says that it was a time-out when the fallback does not answer either', async () => {
    const { call } = world(HANG, HANG);
    expect(await call()).toMatchObject({ ok: false, code: 'upstream_timeout' });
  });

  it('asks nobody else where the route has no fallback', async () => {
    const { call, asked, booked, retried, rules } = world(status(500), answered());
    rules.attempt = { hasFallback: false };
    expect(await call()).toMatchObject({ ok: false, code: 'upstream_failed', failedCalls: 1 });
    expect([asked.length, booked.length, retried]).toEqual([1, 1, []]);
  });

  it('asks nobody else where the caller has named the model', async () => {
    const { call, asked, rules } = world(status(500), answered());
    rules.call = { model: 'primary' };
    expect(await call()).toMatchObject({ ok: false, code: 'upstream_failed' });
    expect(asked).toHaveLength(1);
  });

  it('asks nobody else when the second attempt is refused, and says that', async () => {
    const { call, asked, booked, rules } = world(status(500), answered());
    rules.refusesRetry = { ...refusal, code: 'budget_reached', failedCalls: 1 };
    expect(await call()).toEqual(rules.refusesRetry);
    expect([asked.length, booked.length]).toEqual([1, 1]);
  });

  it.each([
    [400, 'invalid_request'],
    [401, 'upstream_failed'],
    [402, 'upstream_failed'],
    [403, 'upstream_failed'],
    [404, 'upstream_failed'],
    [413, 'invalid_request'],
    [422, 'invalid_request'],
  ])('of status %i is %s, and is not tried again', async (code, as) => {
    const { call, asked, booked } = world(status(code), answered());
    expect(await call()).toMatchObject({ ok: false, code: as, failedCalls: 1 });
    expect(asked).toHaveLength(1);
    expect(booked).toEqual([expect.objectContaining({ status: code, callFailed: true })]);
  });
});

describe('a prompt that the model can’t hold', () => {
  it('goes to a larger one, whether the route has a fallback or not', async () => {
    for (const hasFallback of [true, false]) {
      const { answer, asked, booked, retried, rules, settled } = world(
        status(400, TOO_LONG),
        answered(),
      );
      rules.attempt = { hasFallback };
      expect(await textOf(await answer())).toBe(SHOWN);
      await settled();
      expect(asked).toHaveLength(2);
      expect(retried).toEqual([{ requestBytes: 10, requestedMaxTokens: null, tooLong: true }]);
      expect(booked).toMatchObject([
        { status: 400, callFailed: false },
        { outcome: 'ok', callFailed: false },
      ]);
    }
  });

  it('is recognised in the words of each kind of model', async () => {
    for (const message of [
      'maximum context length is 8192 tokens',
      'The estimated number of input and maximum output tokens exceeded this model context window limit',
      'Context Length exceeded',
    ]) {
      const { answer, retried, settled } = world(
        status(400, JSON.stringify({ errors: [{ message }] })),
        answered(),
      );
      await textOf(await answer());
      await settled();
      expect(retried).toMatchObject([{ tooLong: true }]);
    }
  });

  it('and neither can the next one, is refused as too long', async () => {
    const { call, asked, booked } = world(status(400, TOO_LONG), status(400, TOO_LONG));
    expect(await call()).toMatchObject({ ok: false, code: 'prompt_too_long', failedCalls: 1 });
    expect(asked).toHaveLength(2);
    expect(booked.map(({ callFailed }) => callFailed)).toEqual([false, true]);
  });

  it('of a caller that named the model stays with that', async () => {
    const { call, asked, rules } = world(status(400, TOO_LONG), answered());
    rules.call = { model: 'primary' };
    expect(await call()).toMatchObject({
      ok: false,
      code: 'prompt_too_long',
      message: expect.stringMatching(/maximum context length/),
    });
    expect(asked).toHaveLength(1);
  });
});

describe('never two answers', () => {
  it('come of one call: what the first model says late goes nowhere', async () => {
    const late = new Speaker();
    const { answer, booked, settled } = world(late, answered());
    const body = await answer();
    expect(() => late.say('data: {"late":true}\n\n')).toThrow();
    expect(await textOf(body)).toBe(SHOWN);
    await settled();
    expect(booked.map(({ attemptId }) => attemptId)).toEqual(['call.1', 'call.2']);
  });
});

describe('admission', () => {
  it('that is refused reaches no model and books nothing', async () => {
    const { call, asked, booked, rules } = world(answered());
    rules.refusesCall = refusal;
    expect(await call()).toEqual(refusal);
    expect([...asked, ...booked]).toEqual([]);
  });

  it('takes the cap under OpenAI’s newer name, else under its older one', async () => {
    const { call, admitted } = world(status(400), status(400), status(400));
    await call({ max_completion_tokens: 7, max_tokens: 9 });
    await call({ max_tokens: 9 });
    await call();
    expect(admitted.map((input) => input.requestedMaxTokens)).toEqual([7, 9, null]);
  });
});
