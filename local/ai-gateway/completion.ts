import type { Answer } from './answer.ts';
import type { ChatRequest } from './chat-request.ts';
import { contentText } from './conversation.ts';
import { countTextTokens, splitTokens, type TextPiece } from './tokens.ts';

/** What llama models on Workers AI emit at most when a request sets no limit. */
const LLAMA_DEFAULT_MAX_TOKENS = 256;
/** OpenAI's published overhead of its chat format, in tokens: per message, and once per request. */
const TOKENS_PER_MESSAGE = 3;
const TOKENS_PER_REQUEST = 3;

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
}

/** An answer as it is emitted: cut into pieces of one token or a few, within the request's limit. */
export interface Completion {
  /** The called tool, with the tokens of its name; null for a text. */
  tool: { callId: string; name: string; tokens: number } | null;
  pieces: readonly TextPiece[];
  finishReason: 'stop' | 'length' | 'tool_calls';
  promptTokens: number;
  completionTokens: number;
}

/** Cuts an answer into a completion of the request. Pure. */
export function completionOf(request: ChatRequest, answer: Answer): Completion {
  const promptTokens = countPromptTokens(request);
  const limit = maxCompletionTokens(request);
  const isTool = answer.kind === 'tool';
  const head = isTool ? Math.min(countTextTokens(answer.name), limit) : 0;
  const tool = isTool ? { callId: answer.callId, name: answer.name, tokens: head } : null;
  const body = isTool ? answer.args : answer.text;
  const pieces = splitTokens(body, limit - head).map((piece) => ({
    text: piece.text,
    tokensUpTo: piece.tokensUpTo + head,
  }));
  const emittedChars = pieces.reduce((chars, piece) => chars + piece.text.length, 0);
  const natural = isTool ? 'tool_calls' : 'stop';
  return {
    tool,
    pieces,
    finishReason: emittedChars === body.length ? natural : 'length',
    promptTokens,
    completionTokens: pieces.at(-1)?.tokensUpTo ?? head,
  };
}

/** Tokens of the whole input as it was sent: messages with their tool calls, and the tools. */
export function countPromptTokens(request: ChatRequest): number {
  let tokens = TOKENS_PER_REQUEST;
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE + 1 + countTextTokens(contentText(message));
    if (message.name) tokens += 1 + countTextTokens(message.name);
    for (const call of message.tool_calls ?? []) {
      tokens += countTextTokens(call.function.name) + countTextTokens(call.function.arguments);
    }
  }
  for (const tool of request.tools ?? []) tokens += countTextTokens(JSON.stringify(tool.function));
  return tokens;
}

/** The usage block of a completion of which `completionTokens` were emitted. Nothing is cached. */
export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

function maxCompletionTokens(request: ChatRequest): number {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  if (asked) return asked;
  return request.model.startsWith('@cf/meta/llama') ? LLAMA_DEFAULT_MAX_TOKENS : Infinity;
}
