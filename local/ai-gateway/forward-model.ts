import { z } from 'zod';
import { countPromptTokens } from './completion.ts';
import type { Model } from './model.ts';
import type { CountedUsage, StreamEvent } from './openai-shapes.ts';
import { envelopeRefusal } from './refusal.ts';
import { serverSentData } from './sse.ts';
import { countTextTokens } from './tokens.ts';

/** The largest answer that is not streamed, in characters. */
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;

const usage = z
  .looseObject({
    prompt_tokens: z.number().int().nonnegative(),
    completion_tokens: z.number().int().nonnegative(),
  })
  .nullish();

const spoken = z.looseObject({
  content: z.string().nullish(),
  tool_calls: z
    .array(
      z.looseObject({
        function: z.looseObject({ arguments: z.string().nullish() }).optional(),
      }),
    )
    .nullish(),
});

/** The part of a chunk, or of a whole completion, that is counted. */
const countable = z.looseObject({
  choices: z
    .array(z.looseObject({ delta: spoken.nullish(), message: spoken.nullish() }))
    .default([]),
  usage,
});

/**
 * A model that hands the request on to an OpenAI-compatible server (Ollama, llama.cpp) and its
 * answer back as it is. Usage is the server's own where it states one, else counted here.
 */
export function forwardingModel(options: { modelUrl: string; modelName?: string }): Model {
  const url = completionsUrl(options.modelUrl);
  return async ({ request, signal }) => {
    const body = JSON.stringify({ ...request, model: options.modelName ?? request.model });
    const headers = { 'content-type': 'application/json' };
    let response: Response;
    try {
      response = await fetch(url, { method: 'POST', headers, body, signal });
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : 'unknown';
      const refusal = envelopeRefusal(502, 2002, `The local model did not answer: ${reason}`);
      return { kind: 'refusal', refusal };
    }
    if (!response.ok) {
      const text = (await response.text()).slice(0, MAX_ANSWER_CHARS);
      return { kind: 'refusal', refusal: { status: response.status, body: parseOrText(text) } };
    }
    const promptTokens = countPromptTokens(request);
    if (request.stream && response.body) {
      return { kind: 'stream', events: forwardedEvents(response.body), promptTokens };
    }
    const json = await response.text();
    const { text, usage: stated } = readCountable(json);
    const counted = { tokensIn: promptTokens, tokensOut: countTextTokens(text) };
    return { kind: 'object', json, text, promptTokens, usage: stated ?? counted };
  };
}

/** The address of chat completions below a base URL with or without its `/v1`. */
export function completionsUrl(modelUrl: string): string {
  const base = modelUrl.replace(/\/+$/, '');
  return base.endsWith('/v1') ? `${base}/chat/completions` : `${base}/v1/chat/completions`;
}

async function* forwardedEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let tokensUpTo = 0;
  for await (const data of serverSentData(body)) {
    const { text, usage: stated } = readCountable(data);
    // Servers send about one token a chunk, so that counting each alone is close to the whole.
    tokensUpTo += text ? countTextTokens(text) : 0;
    yield { data, text, tokensUpTo, ...(stated ? { usage: stated } : {}) };
  }
}

function readCountable(json: string): { text: string; usage: CountedUsage | null } {
  const parsed = countable.safeParse(parseOrText(json));
  if (!parsed.success) return { text: '', usage: null };
  const { choices, usage: stated } = parsed.data;
  const text = choices
    .map(({ delta, message }) => delta ?? message)
    .map((part) => {
      const args = (part?.tool_calls ?? []).map((call) => call.function?.arguments ?? '');
      return (part?.content ?? '') + args.join('');
    })
    .join('');
  const counted = stated
    ? { tokensIn: stated.prompt_tokens, tokensOut: stated.completion_tokens }
    : null;
  return { text, usage: counted };
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
