import type { Completion } from './completion.ts';
import { usageOf } from './completion.ts';

/** What names a completion in each of its objects. */
export interface CompletionName {
  id: string;
  model: string;
  /** Unix time, in seconds. */
  created: number;
}

/** One event of a stream: its data line, and the tokens emitted up to its end. */
export interface StreamEvent {
  data: string;
  /** The text it carries, of the answer or of a tool's arguments. */
  text: string;
  tokensUpTo: number;
  /** Usage as a forwarded answer states it, which then counts instead of our own. */
  usage?: CountedUsage;
}

export interface CountedUsage {
  tokensIn: number;
  tokensOut: number;
}

/** The whole completion as OpenAI's `chat.completion` object. */
export function completionObject(name: CompletionName, completion: Completion): unknown {
  const text = completion.pieces.map((piece) => piece.text).join('');
  const { tool } = completion;
  const message =
    tool === null
      ? { role: 'assistant', content: text }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: tool.callId, type: 'function', function: { name: tool.name, arguments: text } },
          ],
        };
  return {
    id: name.id,
    object: 'chat.completion',
    created: name.created,
    model: name.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: completion.finishReason }],
    usage: usageOf(completion.promptTokens, completion.completionTokens),
  };
}

/**
 * The completion as the events of OpenAI's stream: the role, the pieces, the finish reason, the
 * usage when asked for, `[DONE]`.
 */
export function* streamEvents(
  name: CompletionName,
  completion: Completion,
  includeUsage: boolean,
): Generator<StreamEvent> {
  const { id, model, created } = name;
  const shared = { id, object: 'chat.completion.chunk', created, model };
  // With usage asked for, every other chunk carries a null usage (OpenAI's API reference).
  const extra = includeUsage ? { usage: null } : {};
  const chunk = (delta: unknown, finishReason: string | null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
    return JSON.stringify({ ...shared, choices, ...extra });
  };
  const { tool } = completion;
  if (tool === null) {
    yield { data: chunk({ role: 'assistant', content: '' }, null), text: '', tokensUpTo: 0 };
  } else {
    const call = { name: tool.name, arguments: '' };
    const first = { index: 0, id: tool.callId, type: 'function', function: call };
    const delta = { role: 'assistant', content: null, tool_calls: [first] };
    yield { data: chunk(delta, null), text: '', tokensUpTo: tool.tokens };
  }
  for (const piece of completion.pieces) {
    const delta =
      tool === null
        ? { content: piece.text }
        : { tool_calls: [{ index: 0, function: { arguments: piece.text } }] };
    yield { data: chunk(delta, null), text: piece.text, tokensUpTo: piece.tokensUpTo };
  }
  const tokensUpTo = completion.completionTokens;
  yield { data: chunk({}, completion.finishReason), text: '', tokensUpTo };
  if (includeUsage) {
    const usage = usageOf(completion.promptTokens, completion.completionTokens);
    yield { data: JSON.stringify({ ...shared, choices: [], usage }), text: '', tokensUpTo };
  }
  yield { data: '[DONE]', text: '', tokensUpTo };
}
