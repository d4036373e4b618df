import { describe, expect, it } from 'vitest';
import { addressOf, MAX_TOOL_OUTPUT_CHARS, readGatewayEvent } from './openclaw-events.ts';

const at = { runId: 'run', sessionKey: 'agent:main:s', seq: 3 };
const message = (text: string) => ({ role: 'assistant', content: [{ type: 'text', text }] });
const tool = (data: object) =>
  readGatewayEvent('agent', { ...at, stream: 'tool', data: { toolCallId: 'c', ...data } });

describe('a chat event', () => {
  it('gives the text to append, and never the whole text again', () => {
    const delta = { ...at, state: 'delta', deltaText: ' world', message: message('Hello world') };
    expect(readGatewayEvent('chat', delta)).toEqual({ kind: 'text', text: ' world' });
  });

  it('tells the phase before the first word', () => {
    expect(readGatewayEvent('chat', { ...at, state: 'status', phase: 'starting_model' })).toEqual({
      kind: 'event',
      data: { type: 'status', phase: 'starting_model' },
    });
  });

  it('ends the turn with the whole answer', () => {
    const final = { ...at, state: 'final', stopReason: 'stop', message: message('Hello') };
    expect(readGatewayEvent('chat', final)).toEqual({
      kind: 'end',
      end: 'final',
      text: 'Hello',
      message: '',
    });
  });

  it('ends the turn as aborted with what was said so far', () => {
    const aborted = { ...at, state: 'aborted', stopReason: 'rpc', message: message('Hel') };
    expect(readGatewayEvent('chat', aborted)).toMatchObject({ end: 'aborted', text: 'Hel' });
  });

  it('ends the turn as failed with OpenClaw’s reason, also without a message', () => {
    const failed = { ...at, state: 'error', errorMessage: 'Daily limit reached.' };
    expect(readGatewayEvent('chat', failed)).toEqual({
      kind: 'end',
      end: 'error',
      text: '',
      message: 'Daily limit reached.',
    });
    expect(readGatewayEvent('chat', { ...at, state: 'error' })).toMatchObject({
      message: 'The agent failed.',
    });
  });

  it('reads only the text of a message with other parts', () => {
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'a' },
      { type: 'toolCall', name: 'read' },
      { type: 'text', text: 'b' },
    ];
    expect(readGatewayEvent('chat', { ...at, state: 'final', message: { content } })).toMatchObject(
      { text: 'ab' },
    );
  });
});

describe('a tool event', () => {
  it('tells its start with the arguments as text', () => {
    expect(tool({ phase: 'start', name: 'read', args: { path: 'a.md' } })).toEqual({
      kind: 'event',
      data: { type: 'tool.start', callId: 'c', name: 'read', args: '{"path":"a.md"}' },
    });
  });

  it('tells output under way and its result as people read it', () => {
    const content = [{ type: 'text', text: 'line' }];
    expect(tool({ phase: 'update', name: 'read', partialResult: { content } })).toEqual({
      kind: 'event',
      data: { type: 'tool.update', callId: 'c', output: 'line' },
    });
    expect(tool({ phase: 'result', name: 'read', result: { content }, isError: true })).toEqual({
      kind: 'event',
      data: { type: 'tool.result', callId: 'c', name: 'read', output: 'line', isError: true },
    });
  });

  it('is cut at a bound, and says so', () => {
    const news = tool({ phase: 'result', name: 'read', result: 'x'.repeat(50_000) });
    const output =
      news?.kind === 'event' && news.data.type === 'tool.result' ? news.data.output : '';
    expect(output.length).toBeLessThan(MAX_TOOL_OUTPUT_CHARS + 100);
    expect(output).toMatch(/30000 characters more\)$/);
  });
});

it('other events and malformed ones say nothing', () => {
  const nothing: [string, unknown][] = [
    ['tick', {}],
    ['presence', { ...at }],
    ['chat', null],
    ['chat', 'text'],
    ['chat', { ...at, state: 'delta' }],
    ['chat', { ...at, state: 'unknown' }],
    ['agent', { ...at, stream: 'lifecycle', data: { phase: 'end' } }],
    ['agent', { ...at, stream: 'command_output', data: { phase: 'delta', output: 'x' } }],
    ['agent', { ...at, stream: 'tool' }],
    ['agent', { ...at, stream: 'tool', data: { phase: 'unknown' } }],
  ];
  for (const [event, payload] of nothing) expect(readGatewayEvent(event, payload)).toBeNull();
});

it('an event’s address is its session and run, where it names them', () => {
  expect(addressOf({ ...at })).toEqual({ sessionKey: 'agent:main:s', runId: 'run' });
  expect(addressOf({ sessionKey: 'agent:main:s' })).toEqual({
    sessionKey: 'agent:main:s',
    runId: null,
  });
  expect(addressOf(null)).toEqual({ sessionKey: null, runId: null });
});
