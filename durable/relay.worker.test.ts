import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../contract/ai-gateway.ts';
import type { Admission, AdmitInput, Attempt, SettleInput } from './ledger.ts';
import { relay, type RelayCall, type RelayDeps } from './relay.ts';

const encoder = new TextEncoder();
const MODELS = ['primary', 'fallback'];
const HANG = Symbol('never answers');
type Upstream = Response | Error | typeof HANG;

function attempt(n: number): Attempt {
  const [model = '', fallback = ''] = MODELS;
  return {
    id: `call.${n}`,
    callId: 'call',
    n,
    model: MODELS[n - 1] ?? '',
    maxOutputTokens: 100,
    hasFallback: n === 1,
    route: {
      policyVersion: 1,
      rule: 0,
      model,
      fallback,
      // Long enough for an answer that is there already, short enough for a test to wait for.
      firstByteTimeoutMs: 40,
      maxOutputTokens: 100,
      explanation: '',
    },
    metadata: { tenant: 't', platform: 'p', tier: 'free', workload: 'chat', call: `call.${n}` },
  };
}

/** A world in which the n-th attempt meets the n-th of `upstreams`. */
function world(...upstreams: Upstream[]) {
  const asked: { model: string; signal: AbortSignal }[] = [];
  const booked: SettleInput[] = [];
  const pending: Promise<unknown>[] = [];
  const admitted: AdmitInput[] = [];
  const left = new AbortController();
  let refusal: Admission | null = null;
  const deps: RelayDeps = {
    admit: async (input) => {
      admitted.push(input);
      return refusal ?? { ok: true, attempt: attempt(1) };
    },
    retry: async (ended) => {
      booked.push(ended);
      return { ok: true, attempt: attempt(booked.length + 1) };
    },
    settle: async (input) => {
      booked.push(input);
      return { failedCalls: input.callFailed ? 1 : 0 };
    },
    fetch: async (request, signal) => {
      const upstream = upstreams[asked.length] ?? new Error('one attempt too many');
      asked.push({ model: request.headers.get('x-model') ?? '', signal });
      signal.throwIfAborted();
      if (upstream instanceof Error) throw upstream;
      if (upstream !== HANG) return upstream;
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    },
    gateway: {
      request: ({ model }) =>
        new Request('http://upstream', { method: 'POST', headers: { 'x-model': model } }),
    },
    waitUntil: (work) => pending.push(work),
    now: Date.now,
  };
  const call = (body: Partial<ChatRequest> = {}) => {
    const made: RelayCall = {
      callId: 'call',
      source: 'sandbox',
      workload: 'chat',
      body: { model: 'chat', messages: [{ role: 'user', content: 'hi' }], stream: true, ...body },
      requestBytes: 10,
      generation: 1,
      openclawSession: null,
      affinity: null,
      signal: left.signal,
    };
    return relay(deps, made);
  };
  return {
    call,
    asked,
    booked,
    admitted,
    leave: () => left.abort(),
    refuse: (by: Admission) => {
      refusal = by;
    },
    settled: () => Promise.all(pending),
  };
}

const USAGE = { prompt_tokens: 12, completion_tokens: 4 };
const CHUNKS = [
  'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"lo"}}]}\n\n',
  `data: {"choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`,
  'data: [DONE]\n\n',
];

/** A streamed answer, and the hand that feeds it. */
function stream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(made) {
      controller = made;
    },
  });
  const response = new Response(body, { headers: { 'cf-aig-log-id': 'log-1' } });
  return {
    response,
    say: (text: string) => controller?.enqueue(encoder.encode(text)),
    end: () => controller?.close(),
    break: () => controller?.error(new Error('connection reset')),
  };
}
const answered = (chunks = CHUNKS): Response => {
  const { response, say, end } = stream();
  for (const chunk of chunks) say(chunk);
  end();
  return response;
};
const status = (code: number, body = '{"error":{"message":"upstream words"}}'): Response =>
  new Response(body, { status: code, headers: { 'cf-aig-log-id': `log-${code}` } });

describe('an answer', () => {
  it('is passed on byte for byte, and its usage is booked once it is over', async () => {
    const { call, asked, booked, settled } = world(answered());
    const result = await call();
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

  it('reaches the caller while the model still speaks', async () => {
    const { response, say, end } = stream();
    const { call, booked, settled } = world(response);
    const calling = call();
    say(CHUNKS[0] ?? '');
    const result = await calling;
    if (!result.ok || !result.response.body) throw new Error('no answer');
    const reader = result.response.body.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe(CHUNKS[0]);
    expect(booked).toEqual([]);
    for (const chunk of CHUNKS.slice(1)) say(chunk);
    end();
    await settled();
    expect(booked).toHaveLength(1);
  });

  it('that is not streamed is read whole, with the usage in it', async () => {
    const text = JSON.stringify({ choices: [], usage: USAGE });
    const { call, booked, settled } = world(new Response(text));
    const result = await call({ stream: false });
    expect(result.ok && (await result.response.text())).toBe(text);
    await settled();
    expect(booked).toEqual([
      expect.objectContaining({ outcome: 'ok', usage: expect.objectContaining({ tokensOut: 4 }) }),
    ]);
  });

  it('without usage is booked without, to be looked up', async () => {
    const { call, booked, settled } = world(answered(['data: [DONE]\n\n']));
    const result = await call();
    if (result.ok) await result.response.text();
    await settled();
    expect(booked).toEqual([expect.objectContaining({ outcome: 'ok', usage: null })]);
  });

  it('carries none of upstream’s headers', async () => {
    const upstream = new Response(answered().body, {
      headers: { 'cf-aig-log-id': 'x', 'set-cookie': 'a=b', 'x-internal': '1' },
    });
    const { call, settled } = world(upstream);
    const result = await call();
    const names = result.ok ? [...result.response.headers.keys()] : [];
    expect(names.toSorted()).toEqual(['cache-control', 'content-type']);
    if (result.ok) await result.response.text();
    await settled();
  });
});

describe('a failure before the first byte', () => {
  const empty = (): Response => new Response(new ReadableStream({ start: (c) => c.close() }));
  const cases: [string, () => Upstream, Partial<SettleInput>][] = [
    ['a network error', () => new Error('refused'), { outcome: 'network_error', status: null }],
    ['no answer in time', () => HANG, { outcome: 'timeout', status: null }],
    [
      'headers and then nothing',
      () => empty(),
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
  for (const [name, upstream, row] of cases) {
    it(`asks the fallback after ${name}, and books both`, async () => {
      const { call, asked, booked, settled } = world(upstream(), answered());
      const result = await call();
      expect(result).toMatchObject({ ok: true, attempt: { n: 2, model: 'fallback' } });
      expect(result.ok && (await result.response.text())).toBe(CHUNKS.join(''));
      await settled();
      expect(asked.map(({ model }) => model)).toEqual(MODELS);
      expect(booked).toEqual([
        expect.objectContaining({ attemptId: 'call.1', callFailed: false, ...row }),
        expect.objectContaining({ attemptId: 'call.2', outcome: 'ok' }),
      ]);
    });
  }

  it('gives up after the fallback, and counts one failed call', async () => {
    const { call, asked, booked } = world(status(500), status(503));
    expect(await call()).toEqual({
      ok: false,
      code: 'upstream_failed',
      message: 'The model did not answer. Please try again.',
      failedCalls: 1,
    });
    expect(asked).toHaveLength(2);
    expect(booked.map((row) => row.callFailed)).toEqual([false, true]);
  });

  it('says that it was a time-out when the fallback does not answer either', async () => {
    const { call } = world(HANG, HANG);
    expect(await call()).toMatchObject({ ok: false, code: 'upstream_timeout' });
  });

  for (const code of [400, 401, 402, 403, 404, 413, 422]) {
    it(`of status ${code} is not tried again`, async () => {
      const { call, asked, booked } = world(status(code), answered());
      expect(await call()).toMatchObject({ ok: false, code: 'upstream_failed', failedCalls: 1 });
      expect(asked).toHaveLength(1);
      expect(booked).toEqual([expect.objectContaining({ status: code, callFailed: true })]);
    });
  }

  it('tells the caller what was wrong with the request', async () => {
    const { call } = world(status(400, '{"errors":[{"message":"Too many tools."}]}'));
    expect(await call()).toMatchObject({ message: 'Too many tools.' });
  });

  it('never repeats what upstream said about our own credentials or account', async () => {
    for (const code of [401, 402, 403, 404, 429, 500]) {
      const secret = `{"error":{"message":"key sk-canary of account 4711 is not allowed"}}`;
      const { call } = world(status(code, secret), status(code, secret));
      expect(JSON.stringify(await call())).not.toMatch(/canary|4711/);
    }
  });
});

describe('after the first byte', () => {
  it('there is no second attempt, and what broke is booked once as cut', async () => {
    const upstream = stream();
    const { call, asked, booked, settled } = world(upstream.response, answered());
    upstream.say(CHUNKS[0] ?? '');
    const result = await call();
    upstream.break();
    await expect(result.ok && result.response.text()).rejects.toThrow();
    await settled();
    expect(asked).toHaveLength(1);
    expect(booked).toEqual([
      expect.objectContaining({ outcome: 'cut', usage: null, callFailed: true, logId: 'log-1' }),
    ]);
  });

  it('a stream that ends without [DONE] was cut, and keeps the usage it had', async () => {
    const upstream = stream();
    for (const chunk of CHUNKS.slice(0, 3)) upstream.say(chunk);
    upstream.end();
    const { call, booked, settled } = world(upstream.response);
    const result = await call();
    if (result.ok) await result.response.text();
    await settled();
    expect(booked).toEqual([
      expect.objectContaining({
        outcome: 'cut',
        usage: expect.objectContaining({ tokensIn: 12 }),
      }),
    ]);
  });
});

describe('a caller that leaves', () => {
  it('before the first byte ends the upstream request, without a fallback', async () => {
    const { call, asked, booked, leave } = world(HANG, answered());
    const calling = call();
    await Promise.resolve();
    leave();
    expect(await calling).toMatchObject({ ok: false, failedCalls: 0 });
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(booked).toEqual([
      expect.objectContaining({ outcome: 'aborted', usage: null, callFailed: false }),
    ]);
  });

  it('in the middle of the stream ends it too, and the attempt is looked up', async () => {
    const upstream = stream();
    const { call, asked, booked, settled, leave } = world(upstream.response);
    upstream.say(CHUNKS[0] ?? '');
    const result = await call();
    leave();
    expect(asked[0]?.signal.aborted).toBe(true);
    upstream.break();
    await expect(result.ok && result.response.text()).rejects.toThrow();
    await settled();
    expect(booked).toEqual([
      expect.objectContaining({ outcome: 'aborted', usage: null, callFailed: false }),
    ]);
  });

  it('before the call was made asks no model', async () => {
    const { call, booked, leave } = world(HANG);
    leave();
    await call();
    expect(booked).toEqual([expect.objectContaining({ outcome: 'aborted' })]);
  });
});

describe('admission', () => {
  it('that is refused reaches no model and books nothing', async () => {
    const { call, asked, booked, refuse } = world(answered());
    refuse({ ok: false, code: 'limit_reached', message: 'Too many.' });
    expect(await call()).toEqual({
      ok: false,
      code: 'limit_reached',
      message: 'Too many.',
      failedCalls: 0,
    });
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
