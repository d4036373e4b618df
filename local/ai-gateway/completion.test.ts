import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer } from './answer.ts';
import { chatRequest } from './chat-request.ts';
import { completionOf } from './completion.ts';
import { completionObject, streamEvents } from './openai-shapes.ts';
import { countTextTokens, splitTokens } from './tokens.ts';

const name = { id: 'chatcmpl-1', model: '@cf/a/b', created: 1 };

interface Shape {
  choices: {
    delta: {
      content?: string;
      tool_calls?: { function: { name?: string; arguments: string } }[];
    };
    message: { content: string | null; tool_calls?: { function: { arguments: string } }[] };
    finish_reason: string | null;
  }[];
  usage?: unknown;
}

/** The same completion put together again from its stream. */
function joined(events: Iterable<{ data: string }>) {
  let content = '';
  let args = '';
  let finishReason: string | null = null;
  let usage: unknown = null;
  for (const { data } of events) {
    if (data === '[DONE]') break;
    const chunk: Shape = JSON.parse(data);
    for (const choice of chunk.choices) {
      content += choice.delta.content ?? '';
      args += choice.delta.tool_calls?.[0]?.function.arguments ?? '';
      finishReason = choice.finish_reason ?? finishReason;
    }
    usage = chunk.usage ?? usage;
  }
  return { content, args, finishReason, usage };
}

function completed(content: string, more: object) {
  const messages = [{ role: 'user', content }];
  const request = chatRequest.parse({ model: '@cf/a/b', messages, ...more });
  return completionOf(request, answer(request));
}

function finishOf(more: object) {
  const { finishReason, completionTokens } = completed('!long 100', more);
  return { finishReason, completionTokens };
}

function promptOf(more: object): number {
  return completed('one two three', more).promptTokens;
}

describe('a completion', () => {
  it('says the same and counts the same, streamed or not', () => {
    const tools = [
      { type: 'function', function: { name: 'read', parameters: { type: 'object' } } },
    ];
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.constant('!tool read {"path":"a 日本 file.txt"}'),
      fc.constant('!long 300'),
    );
    const limit = fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined });
    const property = fc.property(text, limit, (content, max_tokens) => {
      const messages = [{ role: 'user', content }];
      const request = chatRequest.parse({ model: '@cf/a/b', messages, tools, max_tokens });
      const completion = completionOf(request, answer(request));
      const streamed = joined(streamEvents(name, completion, true));
      const whole = completionObject(name, completion) as Shape;
      const [choice] = whole.choices;
      expect(streamed.usage).toEqual(whole.usage);
      expect(streamed.finishReason).toBe(choice?.finish_reason);
      expect(streamed.content).toBe(choice?.message.content ?? '');
      expect(streamed.args).toBe(choice?.message.tool_calls?.[0]?.function.arguments ?? '');
      if (max_tokens) expect(completion.completionTokens).toBeLessThanOrEqual(max_tokens);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('ends with "length" at the limit of the request, and only there', () => {
    expect(finishOf({ max_tokens: 7 })).toEqual({ finishReason: 'length', completionTokens: 7 });
    expect(finishOf({ max_tokens: 900, max_completion_tokens: 9 }).completionTokens).toBe(9);
    expect(finishOf({ max_tokens: 1_000 }).finishReason).toBe('stop');
    expect(finishOf({}).finishReason).toBe('stop');
  });

  it('of a llama model without a limit ends after 256 tokens, as on Workers AI', () => {
    const model = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
    expect(completed('!long 500', { model }).completionTokens).toBe(256);
  });

  it('counts messages and tools into the prompt', () => {
    const plain = promptOf({});
    expect(plain).toBe(3 + 4 + 3);
    const schema = { name: 'read', parameters: { type: 'object', properties: {} } };
    const tokens = countTextTokens(JSON.stringify(schema));
    expect(promptOf({ tools: [{ type: 'function', function: schema }] })).toBe(plain + tokens);
  });
});

describe('the tokenizer', () => {
  it('cuts any text into pieces that join to it and count as it does', () => {
    const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const pieces = splitTokens(text, Infinity);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      expect(pieces.at(-1)?.tokensUpTo ?? 0).toBe(countTextTokens(text));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('takes a megabyte without a space in well under its quadratic time', () => {
    const started = performance.now();
    expect(countTextTokens('a'.repeat(1_000_000))).toBeGreaterThan(100_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('counts the spelling of a special token as text', () => {
    expect(countTextTokens('<|endoftext|>')).toBeGreaterThan(1);
  });
});
