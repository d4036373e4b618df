import { answer } from './answer.ts';
import type { ChatRequest } from './chat-request.ts';
import { completionOf } from './completion.ts';
import {
  completionObject,
  streamEvents,
  type CompletionName,
  type CountedUsage,
  type StreamEvent,
} from './openai-shapes.ts';
import type { Refusal } from './refusal.ts';

/** What a model is asked. */
export interface Question {
  request: ChatRequest;
  name: CompletionName;
  /** Fires when the client is gone or its time to the first byte is over. */
  signal: AbortSignal;
}

/** What a model answers: a stream, a whole object, or a refusal of its own. */
export type ModelAnswer =
  | {
      kind: 'stream';
      events: Iterable<StreamEvent> | AsyncIterable<StreamEvent>;
      promptTokens: number;
    }
  | { kind: 'object'; json: string; text: string; promptTokens: number; usage: CountedUsage }
  | { kind: 'refusal'; refusal: Refusal };

export type Model = (question: Question) => Promise<ModelAnswer>;

/** The built-in model: it answers by itself, from the request alone. */
export const quotingModel: Model = async ({ request, name }) => {
  const completion = completionOf(request, answer(request));
  const { promptTokens, completionTokens } = completion;
  if (request.stream) {
    const includeUsage = request.stream_options?.include_usage === true;
    return { kind: 'stream', events: streamEvents(name, completion, includeUsage), promptTokens };
  }
  return {
    kind: 'object',
    json: JSON.stringify(completionObject(name, completion)),
    text: completion.pieces.map((piece) => piece.text).join(''),
    promptTokens,
    usage: { tokensIn: promptTokens, tokensOut: completionTokens },
  };
};
