import type { Outcome } from '../contract/usage.ts';
import { atMost } from './deadline.ts';
import { MAX_ATTEMPT_MS } from './ledger.ts';
import { endOf, type Answer, type Meter } from './model-call.ts';
import { SseMeter } from './sse-meter.ts';

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

/** What follows the last whole event of a stream that broke: OpenAI's clients throw it as an error. */
const CUT_EVENT = new TextEncoder().encode(
  `data: ${JSON.stringify({
    error: {
      message: 'The model stopped in the middle of its answer. Please try again.',
      type: 'server_error',
      param: null,
      code: 'upstream_failed',
    },
  })}\n\n`,
);

/** A caller that does not read for so long is not told any more, ms. */
const CUT_EVENT_WAIT_MS = 30_000;

/**
 * A streamed answer from its first chunk on. One reader sees every byte, so that usage is read, a
 * broken stream ends with an error of ours, and a caller that leaves is noticed, all in one place.
 */
export async function streamed(response: Response, meter: Meter): Promise<Answer> {
  const type = response.headers.get('content-type');
  if (!response.body || (type !== null && !type.startsWith('text/event-stream'))) {
    throw new Error('the answer is no stream of events');
  }
  const reader = response.body.getReader();
  const first = await reader.read();
  if (first.done) throw new Error('the answer is empty');
  const firstByteMs = meter.deps.now() - meter.startedAt;
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const pumped = pump({ reader, writer, first: first.value, firstByteMs }, meter);
  meter.deps.waitUntil(pumped);
  return {
    response: new Response(readable, { headers: HEADERS }),
    logId: meter.logId,
    firstByteMs,
  };
}

interface Ends {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  writer: WritableStreamDefaultWriter<Uint8Array>;
  first: Uint8Array;
  firstByteMs: number;
}

async function pump({ reader, writer, first, firstByteMs }: Ends, meter: Meter): Promise<void> {
  const { deps, call, controller } = meter;
  const events = new SseMeter({ hidesUsage: call.body.stream_options?.include_usage !== true });
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = true;
    controller.abort();
    // Ends also a write that nobody reads.
    writer.abort().catch(() => undefined);
  };
  if (call.signal.aborted) leave();
  call.signal.addEventListener('abort', leave, { once: true });
  writer.closed.catch(leave);
  const patience = limitSilence(meter, {
    firstByteMs,
    // Who does not read for as long as an attempt may last is as good as gone.
    end: () => (patience.isWaiting ? controller.abort() : leave()),
  });
  try {
    for (let chunk: Uint8Array | undefined = first; chunk;) {
      const whole = events.push(chunk);
      if (whole.length > 0) await writer.write(whole).catch(leave);
      if (hasLeft || events.isDone) break;
      patience.wait();
      chunk = (await reader.read()).value;
      patience.heard();
    }
    const rest = events.end();
    if (rest.length > 0) await writer.write(rest).catch(leave);
    // Nothing comes after the last word, though upstream may keep its connection.
    if (events.isDone) reader.cancel().catch(() => undefined);
  } catch {
    // What has come says how it ended.
  } finally {
    patience.stop();
    call.signal.removeEventListener('abort', leave);
  }
  // An answer that came to its last word is whole, though its caller leaves at that word.
  const outcome: Outcome = events.isDone ? 'ok' : hasLeft ? 'aborted' : 'cut';
  if (outcome === 'ok') writer.close().catch(() => undefined);
  try {
    await deps.settle(endOf(meter, { outcome, usage: events.usage, firstByteMs }));
  } finally {
    // Booked first: a caller that repeats the call at once finds this failure counted.
    if (outcome === 'cut') await endWithError(writer);
  }
}

async function endWithError(writer: Ends['writer']): Promise<void> {
  const told = writer.write(CUT_EVENT).then(() => writer.close());
  await atMost(
    CUT_EVENT_WAIT_MS,
    told.catch(() => undefined),
  );
  writer.abort().catch(() => undefined);
}

interface Patience {
  readonly isWaiting: boolean;
  /** Upstream is waited for from now on. */
  wait(): void;
  heard(): void;
  stop(): void;
}

/**
 * Ends a stream whose next bytes are waited for as long as its first byte might have taken, and one
 * that never ends. The time that a slow caller takes to read is no silence of upstream's. One timer
 * that looks back, since a timer per chunk costs more than the chunk.
 */
function limitSilence(
  { deps, attempt }: Meter,
  { firstByteMs, end }: { firstByteMs: number; end: () => void },
): Patience {
  const endsAt = deps.now() - firstByteMs + MAX_ATTEMPT_MS;
  let waitingSince: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (): void => {
    const now = deps.now();
    const at = Math.min((waitingSince ?? now) + attempt.firstByteTimeoutMs, endsAt);
    if (now >= at) end();
    else timer = setTimeout(watch, at - now);
  };
  watch();
  return {
    get isWaiting() {
      return waitingSince !== null;
    },
    wait: () => {
      waitingSince = deps.now();
    },
    heard: () => {
      waitingSince = null;
    },
    stop: () => clearTimeout(timer),
  };
}
