import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import type { CountedUsage, StreamEvent } from './openai-shapes.ts';

/** After how many events the event loop gets its turn, so that an abort is noticed in a fast stream. */
const EVENTS_PER_TURN = 16;

/** What a client gets between two events when the stream is to be malformed. */
const MALFORMED_EVENT = '{"choices":[{"index":0,"delta":{"content":"';

/** What was emitted, and how it ended. */
export interface Emitted {
  text: string;
  bytes: number;
  tokensOut: number;
  /** Usage as the model stated it; null when it did not get that far. */
  usage: CountedUsage | null;
  end: 'complete' | 'aborted' | 'fault';
}

export interface Emission {
  res: ServerResponse;
  /** Fires when the client is gone. */
  signal: AbortSignal;
  fault: Fault | null;
  /** Null for as fast as possible. */
  tokensPerSecond: number | null;
}

/** Writes a stream of events, until its end, a fault, or the client's leaving. */
export async function emitStream(
  emission: Emission,
  events: Iterable<StreamEvent> | AsyncIterable<StreamEvent>,
): Promise<Emitted> {
  const { res, signal, tokensPerSecond } = emission;
  const fault = innerFault(emission.fault);
  const emitted: Emitted = { text: '', bytes: 0, tokensOut: 0, usage: null, end: 'complete' };
  let index = 0;
  let met = false;
  const write = async (data: string) => {
    const line = `data: ${data}\n\n`;
    emitted.bytes += Buffer.byteLength(line);
    if (!res.write(line)) await once(res, 'drain', { signal });
  };
  try {
    for await (const event of events) {
      signal.throwIfAborted();
      if (fault && !met && (index >= fault.afterChunks || event.data === '[DONE]')) {
        met = true;
        emitted.end = 'fault';
        if (fault.kind === 'hang_within') await gone(signal);
        if (fault.kind === 'cut') {
          await cut(res);
          return emitted;
        }
        await write(MALFORMED_EVENT);
      }
      if (tokensPerSecond !== null && event.tokensUpTo > emitted.tokensOut) {
        const tokens = event.tokensUpTo - emitted.tokensOut;
        await sleep((tokens * 1000) / tokensPerSecond, undefined, { signal });
      }
      await write(event.data);
      emitted.text += event.text;
      emitted.tokensOut = event.tokensUpTo;
      emitted.usage = event.usage ?? emitted.usage;
      index += 1;
      if (index % EVENTS_PER_TURN === 0) await nextTurn();
    }
    res.end();
    return emitted;
  } catch (error) {
    // Without the client's leaving, it is the model's stream that broke: the client sees it cut.
    if (!signal.aborted) {
      console.error(`The stream of the local model broke: ${String(error)}`);
      res.destroy();
      return { ...emitted, end: 'fault' };
    }
    return { ...emitted, end: emitted.end === 'fault' ? 'fault' : 'aborted' };
  }
}

/** Writes a whole JSON answer, or only its first half when a fault says so. */
export async function emitObject(emission: Emission, json: string): Promise<Emitted['end']> {
  const { res, signal } = emission;
  const fault = innerFault(emission.fault);
  const half = json.slice(0, json.length / 2);
  res.setHeader('content-type', 'application/json');
  if (!fault) {
    res.end(json);
    return 'complete';
  }
  if (fault.kind === 'malformed') {
    res.end(half);
    return 'fault';
  }
  res.setHeader('content-length', Buffer.byteLength(json));
  res.write(half);
  if (fault.kind === 'cut') await cut(res);
  else await gone(signal).catch(() => undefined);
  return 'fault';
}

/** Rejects once the client is gone. */
export async function gone(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort');
  throw signal.reason;
}

function innerFault(fault: Fault | null) {
  if (!fault) return null;
  return fault.kind === 'hang_within' || fault.kind === 'cut' || fault.kind === 'malformed'
    ? fault
    : null;
}

/** Closes the connection after what was written has left. */
async function cut(res: ServerResponse): Promise<void> {
  res.flushHeaders();
  await new Promise<void>((resolve) => {
    res.write('', () => resolve());
  });
  res.destroy();
}
