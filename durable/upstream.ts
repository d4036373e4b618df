import { boundedBody } from './bounded-body.ts';
import { MAX_ATTEMPT_MS, type Attempt } from './ledger.ts';
import {
  endOf,
  type Answer,
  type Failure,
  type Meter,
  type RelayCall,
  type RelayDeps,
} from './model-call.ts';
import { streamed } from './stream-pump.ts';
import { usageOf } from './token-usage.ts';

/** A whole (not streamed) answer that is longer is refused, in bytes. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** A whole answer comes when its last token does: each one it may have gets this long, ms. */
const WHOLE_ANSWER_MS_PER_TOKEN = 25;
/** Characters of an error of upstream's that a caller is told. */
const MAX_ERROR_CHARS = 500;

/** Statuses that speak of the request itself: their sentence is the caller's to read. */
const CALLERS_FAULT = new Set([400, 413, 422]);
/** How Workers AI's models say that a prompt has no room (vLLM's words, and error 5021's). */
const TOO_LONG = /context (length|window)|maximum context/i;

/** How long an attempt may take to its first byte; a whole answer has only one. */
function patienceMs({ firstByteTimeoutMs, maxOutputTokens }: Attempt, isStreamed: boolean): number {
  const wholeMs = isStreamed ? 0 : maxOutputTokens * WHOLE_ANSWER_MS_PER_TOKEN;
  return Math.min(firstByteTimeoutMs + wholeMs, MAX_ATTEMPT_MS);
}

/** One attempt, up to its first byte; from there on a stream goes on under waitUntil. */
export async function tryUpstream(
  deps: RelayDeps,
  call: RelayCall,
  attempt: Attempt,
): Promise<Answer | Failure> {
  const controller = new AbortController();
  const leave = (): void => controller.abort();
  if (call.signal.aborted) leave();
  call.signal.addEventListener('abort', leave, { once: true });
  let timedOut = false;
  const isStreamed = call.body.stream === true;
  const timer = setTimeout(
    () => {
      timedOut = true;
      controller.abort();
    },
    patienceMs(attempt, isStreamed),
  );
  const startedAt = deps.now();
  let logId: string | null = null;
  const failed = { message: null, isCallersFault: false, tooLong: false };

  try {
    const { url, init } = deps.gateway.request(attempt, call.body, call.affinity);
    const response = await deps.fetch(url, { ...init, signal: controller.signal });
    logId = response.headers.get('cf-aig-log-id');
    const { status } = response;
    if (!response.ok) {
      const isCallersFault = CALLERS_FAULT.has(status);
      const message = isCallersFault ? await errorMessage(response) : null;
      if (!isCallersFault) await response.body?.cancel().catch(() => undefined);
      const tooLong = message !== null && TOO_LONG.test(message);
      return { outcome: 'upstream_error', status, logId, message, isCallersFault, tooLong };
    }
    const meter: Meter = { deps, call, attempt, controller, startedAt, logId, status };
    return isStreamed ? await streamed(response, meter) : await whole(response, meter);
  } catch {
    const outcome = call.signal.aborted ? 'aborted' : timedOut ? 'timeout' : 'network_error';
    // Ends also an answer that came and is not taken.
    leave();
    return { outcome, status: null, logId, ...failed };
  } finally {
    clearTimeout(timer);
    // A stream that goes on watches for its caller by itself.
    call.signal.removeEventListener('abort', leave);
  }
}

/** A whole answer, read before it is passed on: its usage is in it. */
async function whole(response: Response, meter: Meter): Promise<Answer> {
  const text = await boundedBody(response, MAX_ANSWER_BYTES);
  const firstByteMs = meter.deps.now() - meter.startedAt;
  // What is no JSON is no answer: another model is asked, and this attempt is looked up.
  const usage = usageOf(JSON.parse(text));
  const ended = endOf(meter, { outcome: 'ok', usage, firstByteMs });
  meter.deps.waitUntil(meter.deps.settle(ended));
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { response: new Response(text, { headers }), logId: meter.logId, firstByteMs };
}

/** The sentence in an OpenAI-shaped or Cloudflare-shaped error, or null. */
async function errorMessage(response: Response): Promise<string | null> {
  try {
    const body = JSON.parse(await boundedBody(response, MAX_ANSWER_BYTES)) as {
      error?: { message?: unknown };
      errors?: { message?: unknown }[];
    };
    const message = body.error?.message ?? body.errors?.[0]?.message;
    return typeof message === 'string' ? message.slice(0, MAX_ERROR_CHARS) : null;
  } catch {
    return null;
  }
}
