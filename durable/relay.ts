import type { ChatRequest } from '../contract/ai-gateway.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { CallSource, Outcome } from '../contract/usage.ts';
import type { Tier, Workload } from '../contract/tiers.ts';
import type { AiGateway } from './ai-gateway.ts';
import { MAX_ATTEMPT_MS, type Attempt, type SettleInput } from './ledger.ts';
import type { EgressRpc } from './rpc.ts';
import { SseUsageReader, usageOf } from './sse-usage.ts';

/** A whole (not streamed) answer that is longer is refused, in bytes. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface RelayDeps extends Pick<EgressRpc, 'admit' | 'retry' | 'settle'> {
  fetch(request: Request, signal: AbortSignal): Promise<Response>;
  gateway: Pick<AiGateway, 'request'>;
  waitUntil(work: Promise<unknown>): void;
  now(): number;
}

export interface RelayCall {
  callId: string;
  source: CallSource;
  workload: Workload;
  body: ChatRequest;
  requestBytes: number;
  generation: number | null;
  openclawSession: string | null;
  /** Passed on, so that Workers AI finds its prompt cache again. */
  affinity: string | null;
  as?: { tier: Tier; platform: string };
  /** Aborted when the caller has left. */
  signal: AbortSignal;
}

/** What became of a call: an answer to pass on, with the attempt behind it, or a refusal. */
export type RelayResult =
  | {
      ok: true;
      response: Response;
      attempt: Attempt;
      logId: string | null;
      firstByteMs: number | null;
    }
  | { ok: false; code: ErrorCode; message: string; failedCalls: number };

/** A failure before the first byte after which the fallback may be asked. */
interface Failure {
  outcome: Outcome;
  status: number | null;
  logId: string | null;
  /** The answer's own words, where it was a status that no other model would mend. */
  message: string | null;
}

const RETRYABLE_STATUS = new Set([408, 410, 429]);
/** Statuses that speak of the request itself: their sentence is the caller's to read. */
const CALLERS_FAULT = new Set([400, 413, 422]);
const isRetryable = ({ outcome, status }: Failure): boolean =>
  outcome !== 'aborted' &&
  (outcome !== 'upstream_error' ||
    status === null ||
    status >= 500 ||
    RETRYABLE_STATUS.has(status));

/**
 * Makes one model call: admit → attempt upstream → stream to the caller while usage is read from a
 * second branch → settle. A failure before the first byte asks the fallback once; after it there is
 * no second attempt of ours. The one piece of code that calls a model.
 */
export async function relay(deps: RelayDeps, call: RelayCall): Promise<RelayResult> {
  const size = {
    requestBytes: call.requestBytes,
    requestedMaxTokens: call.body.max_completion_tokens ?? call.body.max_tokens ?? null,
  };
  const { callId, source, workload, generation, openclawSession, as } = call;
  let admission = await deps.admit({
    callId,
    source,
    workload,
    generation,
    openclawSession,
    as,
    ...size,
  });
  for (;;) {
    if (!admission.ok) return { ...admission, failedCalls: 0 };
    const { attempt } = admission;
    const startedAt = deps.now();
    const tried = await tryUpstream(deps, call, attempt);
    if ('response' in tried) return { ok: true, attempt, ...tried };
    const again = attempt.hasFallback && isRetryable(tried);
    const ended: SettleInput = {
      attemptId: attempt.id,
      outcome: tried.outcome,
      status: tried.status,
      usage: null,
      logId: tried.logId,
      firstByteMs: null,
      latencyMs: deps.now() - startedAt,
      callFailed: !again && tried.outcome !== 'aborted',
    };
    if (again) {
      admission = await deps.retry(ended, size);
      continue;
    }
    const { failedCalls } = await deps.settle(ended);
    return {
      ok: false,
      code: tried.outcome === 'timeout' ? 'upstream_timeout' : 'upstream_failed',
      message: tried.message ?? 'The model did not answer. Please try again.',
      failedCalls,
    };
  }
}

interface Answer {
  response: Response;
  logId: string | null;
  firstByteMs: number | null;
}

/** Why an attempt is broken off when nobody waits for its answer any more. */
class CallerLeft extends Error {}

/** One attempt, up to its first byte; from there on metering goes on under waitUntil. */
async function tryUpstream(
  deps: RelayDeps,
  call: RelayCall,
  attempt: Attempt,
): Promise<Answer | Failure> {
  const controller = new AbortController();
  const leave = (): void => controller.abort(new CallerLeft());
  if (call.signal.aborted) leave();
  call.signal.addEventListener('abort', leave, { once: true });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort(new Error('no first byte in time'));
  }, attempt.route.firstByteTimeoutMs);
  const startedAt = deps.now();
  let logId: string | null = null;

  try {
    const request = deps.gateway.request(attempt, call.body, call.affinity);
    const response = await deps.fetch(request, controller.signal);
    logId = response.headers.get('cf-aig-log-id');
    if (!response.ok) {
      const message = CALLERS_FAULT.has(response.status) ? await errorMessage(response) : null;
      return { outcome: 'upstream_error', status: response.status, logId, message };
    }
    const meter: Meter = {
      deps,
      call,
      attempt,
      controller,
      leave,
      startedAt,
      logId,
      status: response.status,
    };
    return call.body.stream === true
      ? await streamed(response, meter)
      : await whole(response, meter);
  } catch {
    const outcome = call.signal.aborted ? 'aborted' : timedOut ? 'timeout' : 'network_error';
    call.signal.removeEventListener('abort', leave);
    return { outcome, status: null, logId, message: null };
  } finally {
    clearTimeout(timer);
  }
}

interface Meter {
  deps: RelayDeps;
  call: RelayCall;
  attempt: Attempt;
  controller: AbortController;
  leave: () => void;
  startedAt: number;
  logId: string | null;
  status: number;
}

/** Waits for the first chunk on the metered branch; the caller's branch stays native. */
async function streamed(response: Response, meter: Meter): Promise<Answer> {
  if (!response.body) throw new Error('the answer has no body');
  const [toCaller, toMeter] = response.body.tee();
  const reader = toMeter.getReader();
  const first = await reader.read();
  if (first.done) throw new Error('the answer is empty');
  const firstByteMs = meter.deps.now() - meter.startedAt;
  meter.deps.waitUntil(meterRest(reader, first.value, firstByteMs, meter));
  // A native pipe: it costs no JavaScript per chunk, and breaks when the caller leaves, which a bare
  // branch of a tee does not tell anybody.
  const { readable, writable } = new IdentityTransformStream();
  toCaller.pipeTo(writable).catch((error: unknown) => {
    meter.leave();
    writable.abort(error).catch(() => undefined);
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
  return { response: new Response(readable, { headers }), logId: meter.logId, firstByteMs };
}

async function meterRest(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array,
  firstByteMs: number,
  meter: Meter,
): Promise<void> {
  const usage = new SseUsageReader();
  usage.push(first);
  const cut = setTimeout(() => meter.controller.abort(), MAX_ATTEMPT_MS - firstByteMs);
  let outcome: Outcome = 'ok';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      usage.push(value);
    }
    if (!usage.done) outcome = 'cut';
  } catch (error) {
    // Upstream's own error comes as it is; ours is the reason that the attempt was broken off with.
    const left = error instanceof CallerLeft || meter.call.signal.aborted;
    outcome = left ? 'aborted' : 'cut';
  } finally {
    clearTimeout(cut);
    meter.call.signal.removeEventListener('abort', meter.leave);
  }
  await meter.deps.settle(ended(meter, outcome, usage.usage, firstByteMs));
}

function ended(
  meter: Meter,
  outcome: Outcome,
  usage: SettleInput['usage'],
  firstByteMs: number | null,
): SettleInput {
  return {
    attemptId: meter.attempt.id,
    outcome,
    status: meter.status,
    usage,
    logId: meter.logId,
    firstByteMs,
    latencyMs: meter.deps.now() - meter.startedAt,
    callFailed: outcome === 'cut',
  };
}

/** A whole answer, read before it is passed on: its usage is in it. */
async function whole(response: Response, meter: Meter): Promise<Answer> {
  const text = await boundedText(response);
  const firstByteMs = meter.deps.now() - meter.startedAt;
  let usage: SettleInput['usage'] = null;
  try {
    usage = usageOf(JSON.parse(text));
  } catch {
    // Not JSON: passed on as it is, and looked up.
  }
  meter.call.signal.removeEventListener('abort', meter.leave);
  meter.deps.waitUntil(meter.deps.settle(ended(meter, 'ok', usage, firstByteMs)));
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { response: new Response(text, { headers }), logId: meter.logId, firstByteMs };
}

async function boundedText(response: Response): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? 0);
  if (length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  const text = await response.text();
  if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  return text;
}

/** The sentence in an OpenAI-shaped or Cloudflare-shaped error, or null. */
async function errorMessage(response: Response): Promise<string | null> {
  try {
    const body = JSON.parse(await boundedText(response)) as {
      error?: { message?: unknown };
      errors?: { message?: unknown }[];
    };
    const message = body.error?.message ?? body.errors?.[0]?.message;
    return typeof message === 'string' ? message.slice(0, 500) : null;
  } catch {
    return null;
  }
}
