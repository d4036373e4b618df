import { setTimeout as sleep } from 'node:timers/promises';
import { refuseModel } from './admission.ts';
import { openAttempt, type Attempt, type AttemptInput } from './attempt.ts';
import { emitObject, emitStream, gone } from './emit.ts';
import type { Exchange } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { ModelAnswer } from './model.ts';
import { envelopeRefusal, openAiRefusal, type Refusal } from './refusal.ts';

const NOTHING = { tokensIn: 0, tokensOut: 0 };
/** What the log says of an attempt whose client left before an answer (nginx's "client closed"). */
const STATUS_CLIENT_GONE = 499;

/** Runs one attempt to its end. Returns a refusal that is still to be sent, else null. */
export async function runAttempt(exchange: Exchange, input: AttemptInput): Promise<Refusal | null> {
  const { req, res, signal } = exchange;
  const { request, settings, fault } = input;
  const attempt = openAttempt(exchange.state, input);
  if (settings.collectLog) res.setHeader('cf-aig-log-id', attempt.logId);
  res.setHeader('cf-aig-cache-status', 'MISS');
  res.setHeader('cf-aig-step', '0');
  const refused = (refusal: Refusal) => {
    const emitted = JSON.stringify(refusal.body);
    const emittedBytes = Buffer.byteLength(emitted);
    const outcome = fault ? 'fault' : 'complete';
    attempt.end({ status: refusal.status, outcome, usage: NOTHING, emitted, emittedBytes });
    return refusal;
  };
  const left = (outcome: 'aborted' | 'fault') => {
    const nothing = { usage: NOTHING, emitted: '', emittedBytes: 0 };
    attempt.end({ status: STATUS_CLIENT_GONE, outcome, ...nothing });
    return null;
  };

  const retired = refuseModel(request.model);
  if (retired) return refused(retired);
  if (fault?.kind === 'status') return refused(statusRefusal(fault));
  if (fault?.kind === 'close_before') {
    req.socket.destroy();
    return left('fault');
  }
  const limit = firstByteLimit(settings.requestTimeoutMs);
  try {
    const signals = AbortSignal.any([signal, limit.signal]);
    const answer = await beforeFirstByte({ exchange, input, attempt, signal: signals });
    limit.clear();
    if (answer.kind === 'refusal') return refused(answer.refusal);
    await emitAnswer({ exchange, fault, attempt, answer });
    return null;
  } catch (error) {
    if (signal.aborted) return left(fault?.kind === 'hang_before' ? 'fault' : 'aborted');
    if (limit.signal.aborted) return refused(envelopeRefusal(408, 3007, 'Request timeout'));
    left('fault');
    throw error;
  } finally {
    limit.clear();
  }
}

async function emitAnswer(parts: {
  exchange: Exchange;
  fault: Fault | null;
  attempt: Attempt;
  answer: Exclude<ModelAnswer, { kind: 'refusal' }>;
}): Promise<void> {
  const { answer, attempt, fault } = parts;
  const { state, res, signal } = parts.exchange;
  const emission = { res, signal, fault, tokensPerSecond: state.tokensPerSecond };
  if (answer.kind === 'object') {
    const { usage, text: emitted } = answer;
    const emittedBytes = Buffer.byteLength(answer.json);
    const outcome = await emitObject(emission, answer.json);
    attempt.end({ status: 200, outcome, usage, emitted, emittedBytes });
    return;
  }
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const emitted = await emitStream(emission, answer.events);
  const counted = { tokensIn: answer.promptTokens, tokensOut: emitted.tokensOut };
  attempt.end({
    status: 200,
    outcome: emitted.end,
    usage: emitted.usage ?? counted,
    emitted: emitted.text,
    emittedBytes: emitted.bytes,
  });
}

/** All that lies before the first byte: faults that wait, the model, the pace of a whole answer. */
async function beforeFirstByte(parts: {
  exchange: Exchange;
  input: AttemptInput;
  attempt: Attempt;
  signal: AbortSignal;
}): Promise<ModelAnswer> {
  const { signal } = parts;
  const { state } = parts.exchange;
  const { request, fault } = parts.input;
  if (fault?.kind === 'hang_before') await gone(signal);
  if (fault?.kind === 'delay') await sleep(fault.ms, undefined, { signal });
  const name = {
    id: `chatcmpl-${parts.attempt.logId}`,
    model: request.model,
    created: Math.floor(parts.attempt.startedAt / 1000),
  };
  const answer = await state.model({ request, name, signal });
  if (answer.kind === 'object' && state.tokensPerSecond !== null) {
    const ms = (answer.usage.tokensOut * 1000) / state.tokensPerSecond;
    await sleep(ms, undefined, { signal });
  }
  return answer;
}

function firstByteLimit(timeoutMs: number | null): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  if (timeoutMs === null) return { signal: controller.signal, clear: () => undefined };
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

function statusRefusal(fault: Extract<Fault, { kind: 'status' }>): Refusal {
  const message = `A fault of the local stand-in: HTTP ${fault.status}.`;
  const plain = openAiRefusal(fault.status, { message, code: 'local_fault' });
  const headers: Record<string, string> = {};
  if (fault.retryAfter !== undefined) headers['retry-after'] = String(fault.retryAfter);
  return { status: fault.status, body: fault.body ?? plain.body, headers };
}
