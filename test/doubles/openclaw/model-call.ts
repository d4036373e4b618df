import { setTimeout as pause } from 'node:timers/promises';

/** As the real one asks for large models: what a tier allows below it is the policy's to say. */
const MAX_ANSWER_TOKENS = 16_384;

/** Tries of one model call: the real one makes up to eight when the stream is cut. */
const MAX_TRIES = 8;
/** First wait between tries, doubled each time, ms. */
const RETRY_BASE_MS = 300;
/** Longest wait; all together come to the minute that the real one goes on trying, ms. */
const RETRY_MAX_MS = 16_000;
/** Model requests longer than this are of no use to anybody, ms. */
const CALL_TIMEOUT_MS = 120_000;

/** A refusal by the model side that is final. */
export class ModelError extends Error {
  override name = 'ModelError';
}

export interface ModelCall {
  baseUrl: string;
  apiKey: string;
  model: string;
  /** OpenClaw's own id of the session. */
  sessionId: string;
  messages: { role: string; content: string }[];
  signal: AbortSignal;
  /** Text as it comes. `isNew` is true for the first of each try. */
  onText(text: string, isNew: boolean): void;
}

/**
 * One streamed model call with the real one's headers and body, repeated when the connection breaks
 * or the answer is a 5xx. A 400 is final at once.
 * @returns the whole text. @throws ModelError, or the abort's reason.
 */
export async function callModel(call: ModelCall): Promise<string> {
  let problem = 'not tried';
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    if (attempt > 1) {
      const waitMs = Math.min(RETRY_BASE_MS * 2 ** (attempt - 2), RETRY_MAX_MS);
      await pause(waitMs, undefined, { signal: call.signal });
    }
    try {
      return await tryOnce(call);
    } catch (error) {
      if (error instanceof ModelError || call.signal.aborted) throw error;
      problem = (error as Error).message;
    }
  }
  throw new ModelError(`The model could not be reached: ${problem}`);
}

async function tryOnce(call: ModelCall): Promise<string> {
  const response = await fetch(`${call.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${call.apiKey}`,
      session_id: `${call.sessionId}:0`,
      'x-client-request-id': `${call.sessionId}:0`,
      'x-session-affinity': `${call.sessionId}:0`,
    },
    body: JSON.stringify({
      model: call.model,
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: MAX_ANSWER_TOKENS,
      prompt_cache_key: call.sessionId,
      messages: call.messages,
    }),
    signal: AbortSignal.any([call.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
  });
  if (!response.ok || response.body === null) {
    const said = await response.text();
    if (response.status >= 500 || response.status === 429) throw new Error(`${response.status}`);
    throw new ModelError(messageOf(said) ?? `The model answered ${response.status}.`);
  }
  return readStream(response.body, call.onText);
}

/** Reads server-sent events to `[DONE]`; a stream that ends before it was cut. */
async function readStream(
  body: ReadableStream<Uint8Array>,
  onText: ModelCall['onText'],
): Promise<string> {
  let whole = '';
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of body as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const data = line.startsWith('data:') ? line.slice(5).trim() : '';
      if (data === '[DONE]') return whole;
      const text = data === '' ? '' : textOf(data);
      if (text === '') continue;
      onText(text, whole === '');
      whole += text;
    }
  }
  throw new Error('the stream was cut');
}

interface Chunk {
  choices?: { delta?: { content?: string | null } }[];
  error?: { message?: string };
}

function textOf(data: string): string {
  const chunk = JSON.parse(data) as Chunk;
  if (chunk.error) throw new Error(chunk.error.message ?? 'the model failed');
  return chunk.choices?.[0]?.delta?.content ?? '';
}

function messageOf(body: string): string | null {
  try {
    return (JSON.parse(body) as { error?: { message?: string } }).error?.message ?? null;
  } catch {
    return null;
  }
}
