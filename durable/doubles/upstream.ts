import type { ChatRequest } from '../../contract/ai-gateway.ts';
import type { Admission, AdmitInput, Attempt, RetryInput, SettleInput } from '../ledger.ts';
import type { RelayCall, RelayDeps } from '../model-call.ts';
import { relay } from '../relay.ts';

const encoder = new TextEncoder();

/** An upstream that never says anything. */
export const HANG = Symbol('never answers');
export type Upstream = Response | Error | Speaker | typeof HANG;

export const MODELS = ['primary', 'fallback'];
export const USAGE = { prompt_tokens: 12, completion_tokens: 4 };
/** A streamed answer, chunk by chunk; the third one holds its usage. */
export const CHUNKS = [
  'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"lo"}}]}\n\n',
  `data: {"choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`,
  'data: [DONE]\n\n',
] as const;
/** The answer as a caller gets it who did not ask for usage. */
export const SHOWN = [CHUNKS[0], CHUNKS[1], CHUNKS[3]].join('');

/** A streamed answer with the hand that feeds it; it breaks when its request is aborted. */
export class Speaker {
  readonly response: Response;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(headers: Record<string, string> = { 'content-type': 'text/event-stream' }) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    this.response = new Response(body, { headers: { 'cf-aig-log-id': 'log-1', ...headers } });
  }

  say(...texts: string[]): this {
    for (const text of texts) this.#controller?.enqueue(encoder.encode(text));
    return this;
  }

  end(): this {
    this.#controller?.close();
    return this;
  }

  break(reason: unknown = new Error('connection reset')): void {
    this.#controller?.error(reason);
  }
}

export const answered = (chunks: readonly string[] = CHUNKS): Speaker =>
  new Speaker().say(...chunks).end();

/** A refusal of upstream's. */
export const status = (code: number, body = '{"error":{"message":"upstream words"}}'): Response =>
  new Response(body, { status: code, headers: { 'cf-aig-log-id': `log-${code}` } });

function attempt(n: number, changed: Partial<Attempt>): Attempt {
  return {
    id: `call.${n}`,
    callId: 'call',
    n,
    model: MODELS[n - 1] ?? '',
    policyVersion: 1,
    // Long enough for an answer that is there already, short enough for a test to wait for.
    firstByteTimeoutMs: 40,
    maxOutputTokens: 1,
    hasFallback: n === 1,
    metadata: { tenant: 't', platform: 'p', tier: 'free', workload: 'chat', call: `call.${n}` },
    ...changed,
  };
}

/** A world in which the n-th attempt meets the n-th of `upstreams`. */
export function world(...upstreams: Upstream[]) {
  const asked: { model: string; signal: AbortSignal }[] = [];
  const booked: SettleInput[] = [];
  const retried: RetryInput[] = [];
  const admitted: AdmitInput[] = [];
  const pending: Promise<unknown>[] = [];
  const left = new AbortController();
  /** What a test changes of this world. */
  const rules = {
    attempt: {} as Partial<Attempt>,
    call: {} as Partial<RelayCall>,
    refusesCall: null as Admission | null,
    refusesRetry: null as Admission | null,
    settling: Promise.resolve(),
  };
  const deps: RelayDeps = {
    admit: async (input) => {
      admitted.push(input);
      return rules.refusesCall ?? { ok: true, attempt: attempt(1, rules.attempt) };
    },
    retry: async (ended, input) => {
      booked.push(ended);
      retried.push(input);
      const next = attempt(booked.length + 1, { ...rules.attempt, hasFallback: false });
      return rules.refusesRetry ?? { ok: true, attempt: next };
    },
    settle: async (input) => {
      await rules.settling;
      booked.push(input);
      return { failedCalls: input.callFailed ? 1 : 0 };
    },
    fetch: (_url, { headers, signal }) => {
      const upstream = upstreams[asked.length] ?? new Error('one attempt too many');
      asked.push({ model: headers['x-model'] ?? '', signal });
      return reach(upstream, signal);
    },
    gateway: {
      request: ({ model }) => ({
        url: 'http://upstream',
        init: { method: 'POST', headers: { 'x-model': model }, body: '{}' },
      }),
    },
    waitUntil: (work) => {
      work.catch(() => undefined);
      pending.push(work);
    },
    now: Date.now,
  };
  const call = (body: Partial<ChatRequest> = {}) => {
    const made: RelayCall = {
      callId: 'call',
      source: 'sandbox',
      workload: 'chat',
      model: null,
      body: { model: 'chat', messages: [{ role: 'user', content: 'hi' }], stream: true, ...body },
      requestBytes: 10,
      generation: 1,
      openclawSession: null,
      affinity: null,
      signal: left.signal,
      ...rules.call,
    };
    return relay(deps, made);
  };
  /** The body of a call that must be answered. */
  const answer = async (body?: Partial<ChatRequest>): Promise<Body> => {
    const result = await call(body);
    if (!result.ok || !result.response.body) throw new Error('there is no answer');
    return result.response.body as Body;
  };
  return {
    call,
    answer,
    rules,
    asked,
    booked,
    retried,
    admitted,
    leave: () => left.abort(),
    settled: () => Promise.allSettled(pending),
  };
}

async function reach(upstream: Upstream, signal: AbortSignal): Promise<Response> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => {
      const reason = signal.reason as Error;
      if (upstream instanceof Speaker) upstream.break(reason);
      reject(reason);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  aborted.catch(() => undefined);
  if (upstream instanceof Error) throw upstream;
  if (upstream === HANG) return aborted;
  return upstream instanceof Speaker ? upstream.response : upstream;
}

type Body = ReadableStream<Uint8Array>;

/** All that still comes out of a body. */
export async function restOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value);
  }
}

/** All that comes out of a body. */
export const textOf = (body: Body): Promise<string> => restOf(body.getReader());
