import { ulid } from 'ulid';
import type { ChatRequest } from './chat-request.ts';
import type { Fault } from './faults.ts';
import type { GatewaySettings } from './gateway-headers.ts';
import type { LogEntry } from './log-store.ts';
import type { CountedUsage } from './openai-shapes.ts';
import type { Outcome, RecordedRequest } from './recorder.ts';
import type { GatewayState } from './state.ts';

/** How much of a payload the log keeps when it is asked to, in characters. */
const MAX_HEAD_CHARS = 10_000;

/** A request that passed every check, as one attempt at a model. */
export interface AttemptInput {
  request: ChatRequest;
  settings: GatewaySettings;
  headers: RecordedRequest['headers'];
  rawBody: string;
  bodyBytes: number;
  fault: Fault | null;
}

export interface AttemptEnd {
  status: number;
  outcome: Outcome;
  usage: CountedUsage;
  emitted: string;
  emittedBytes: number;
}

/** One attempt: it is recorded at once, and becomes one log entry when it ends. */
export interface Attempt {
  logId: string;
  startedAt: number;
  end(end: AttemptEnd): void;
}

/** Opens an attempt. Its `end` counts once; later calls of it change nothing. */
export function openAttempt(state: GatewayState, input: AttemptInput): Attempt {
  const logId = ulid();
  const startedAt = Date.now();
  const { request, settings, fault } = input;
  const change = state.recorder.open(
    {
      at: new Date(startedAt).toISOString(),
      logId,
      headers: input.headers,
      metadata: settings.metadata,
      model: request.model,
      stream: request.stream === true,
      body: request,
      status: null,
      emitted: '',
      usage: null,
      fault: fault?.kind ?? null,
      outcome: 'open',
    },
    input.bodyBytes,
  );
  let ended = false;
  return {
    logId,
    startedAt,
    end(end) {
      if (ended) return;
      ended = true;
      const now = Date.now();
      if (settings.collectLog) state.log.add(entryOf({ logId, startedAt, now, input, end }), now);
      const { status, outcome, usage, emitted } = end;
      change({ status, outcome, usage, emitted });
    },
  };
}

function entryOf(parts: {
  logId: string;
  startedAt: number;
  now: number;
  input: AttemptInput;
  end: AttemptEnd;
}): LogEntry {
  const { input, end } = parts;
  const isStream = input.request.stream === true && end.status < 400;
  const heads = input.settings.collectPayload
    ? {
        request_head: input.rawBody.slice(0, MAX_HEAD_CHARS),
        response_head: end.emitted.slice(0, MAX_HEAD_CHARS),
      }
    : {};
  return {
    id: parts.logId,
    created_at: new Date(parts.startedAt).toISOString(),
    provider: 'workers-ai',
    model: input.request.model,
    model_type: 'text-generation',
    path: 'ai/v1/chat/completions',
    request_type: 'chat-completion',
    request_content_type: 'application/json',
    response_content_type: isStream ? 'text/event-stream' : 'application/json',
    status_code: end.status,
    success: end.outcome === 'complete' && end.status < 400,
    cached: false,
    step: 0,
    duration: parts.now - parts.startedAt,
    tokens_in: end.usage.tokensIn,
    tokens_out: end.usage.tokensOut,
    metadata: input.settings.metadata,
    request_size: input.bodyBytes,
    response_size: end.emittedBytes,
    ...heads,
  };
}
