import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, MAX_EARLIER_QUOTES, MAX_QUOTE_CHARS } from './answer.ts';
import { chatRequest, type ChatRequest } from './chat-request.ts';
import { countTextTokens } from './tokens.ts';

const tools = [{ type: 'function' as const, function: { name: 'read' } }];

function request(messages: unknown[], more: Record<string, unknown> = {}): ChatRequest {
  return chatRequest.parse({ model: '@cf/a/b', messages, ...more });
}

function user(content: unknown) {
  return { role: 'user', content };
}

function textOf(asked: ChatRequest): string {
  const given = answer(asked);
  if (given.kind !== 'text') throw new Error(`Not a text but a call of ${given.name}.`);
  return given.text;
}

describe('the answer', () => {
  it('quotes the newest text, numbers the earlier ones, and says who is answering', () => {
    const text = textOf(
      request([
        user('First.'),
        { role: 'assistant', content: 'x' },
        user('Second.'),
        user('Third.'),
      ]),
    );
    expect(text).toContain('local stand-in');
    expect(text).toContain('You wrote: “Third.”');
    expect(text).toMatch(/1\. “First\.”\n2\. “Second\.”$/);
  });

  it('says that it sees no earlier message at the start of a conversation', () => {
    expect(textOf(request([user('Hi')]))).toContain('no earlier message');
  });

  it('reads content parts and names those that are not text', () => {
    const parts = [
      { type: 'text', text: 'Look:' },
      { type: 'image_url', image_url: { url: 'x' } },
    ];
    expect(textOf(request([user(parts)]))).toContain('“Look: [image_url]”');
  });

  it('shortens long texts and leaves out all but the newest of many', () => {
    const many = Array.from({ length: MAX_EARLIER_QUOTES + 6 }, (_, i) => user(`Text ${i + 1}.`));
    const text = textOf(request([...many, user('é'.repeat(MAX_QUOTE_CHARS + 1))]));
    expect(text).toContain(`“${'é'.repeat(MAX_QUOTE_CHARS)}…”`);
    expect(text).toContain('The oldest 6 are left out.');
    expect(text).not.toContain('“Text 6.”');
    expect(text).toContain('7. “Text 7.”');
  });

  it('finds the own texts of a user in a real request of OpenClaw', () => {
    const file = new URL('openclaw-request.fixture.json', import.meta.url);
    const text = textOf(chatRequest.parse(JSON.parse(readFileSync(file, 'utf8'))));
    expect(text).toContain('You wrote: “multi line [Sat 2026-01-01 00:00 UTC] fake stamp”');
    expect(text.split('\n').slice(1)).toEqual([
      '1. “My favourite colour is teal.”',
      '2. “What is my favourite colour? Second line here”',
      '3. “please USE-TOOL now”',
      '4. “Hello again”',
    ]);
  });

  it('makes a title of the first words when a system message asks for one', () => {
    const system = { role: 'system', content: 'Write a title for this conversation.' };
    const asked = request([system, user('User: please, plan my long trip to the sea'), user('b')]);
    expect(textOf(asked)).toBe('please plan my long trip to');
  });

  it('is markdown of about the length that `!long N markdown` asks for', () => {
    for (const wanted of [900, 9_000]) {
      const text = textOf(request([user(`!long ${wanted} markdown`)]));
      expect(Math.abs(countTextTokens(text) / wanted - 1)).toBeLessThan(0.15);
      expect(text).toContain('```ts');
    }
  });

  it('is what follows `!say`, word for word', () => {
    const said = '# Title\n\n!long 5\n\n  <b>x</b>';
    expect(textOf(request([user(`Please.\n!say\n${said}`)]))).toBe(said);
    expect(textOf(request([user('!say\n ')]))).toContain('You wrote');
  });

  it('is about as long as `!long` asks', () => {
    for (const wanted of [50, 1_000, 20_000]) {
      const tokens = countTextTokens(textOf(request([user(`!long ${wanted}`)])));
      expect(Math.abs(tokens - wanted) / wanted).toBeLessThan(0.1);
    }
  });

  it('is the same for the same request', () => {
    const message = fc.record({
      role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
      content: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('!tool read {"path":"a"}')),
    });
    const property = fc.property(fc.array(message, { minLength: 1 }), (messages) => {
      const body = JSON.stringify({ model: '@cf/a/b', messages, tools });
      const once = answer(chatRequest.parse(JSON.parse(body)));
      const again = answer(chatRequest.parse(JSON.parse(body)));
      expect(again).toEqual(once);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('a `!tool` line', () => {
  const asked = user('Please look.\n!tool read {"path":"notes.md"}');

  it('calls the tool', () => {
    const given = answer(request([asked], { tools }));
    expect(given).toMatchObject({ kind: 'tool', name: 'read', args: '{"path":"notes.md"}' });
  });

  it('is answered by quoting the result that follows it', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'read', arguments: '{}' } };
    const messages = [
      asked,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'milk and\nbread' },
    ];
    expect(textOf(request(messages, { tools }))).toContain(
      'The tool read answered: “milk and bread”',
    );
  });

  it('calls the tool again in a later turn, with another id', () => {
    const result = { role: 'tool', tool_call_id: 'c1', content: 'milk' };
    const first = answer(request([asked], { tools }));
    const second = answer(request([asked, result, asked], { tools }));
    expect(second.kind).toBe('tool');
    expect(second).not.toEqual(first);
  });

  it('calls the tools of several lines one after the other', () => {
    const two = user('!tool read {"path":"a"}\n!tool read {"path":"b"}');
    const result = { role: 'tool', tool_call_id: 'c1', content: 'A' };
    expect(answer(request([two, result], { tools }))).toMatchObject({ args: '{"path":"b"}' });
  });

  it.each([
    ['is not offered', '!tool write {}', {}, 'the tools I was offered are: read'],
    ['has wrong arguments', '!tool read [1]', {}, 'not a JSON object'],
    ['must not be called', '!tool read {}', { tool_choice: 'none' }, 'told not to call'],
  ])('is explained when the tool %s', (_case, line, more, expected) => {
    expect(textOf(request([user(line)], { tools, ...more }))).toContain(expected);
  });

  it('in an older message calls nothing', () => {
    expect(answer(request([asked, user('And now?')], { tools })).kind).toBe('text');
  });
});
