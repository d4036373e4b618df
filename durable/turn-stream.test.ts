import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EventData } from '../contract/frames.ts';
import { COALESCE_MS, TurnStream } from './turn-stream.ts';

let written: EventData[][];
let stream: TurnStream;
beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  stream = new TurnStream((data) => written.push(data));
});
afterEach(() => vi.useRealTimers());

const update = (callId: string, output: string): EventData => ({
  type: 'tool.update',
  callId,
  output,
});
const result: EventData = {
  type: 'tool.result',
  callId: 'c1',
  name: 'read',
  output: 'all',
  isError: false,
};

it('writes text that comes in quick succession as one delta', () => {
  stream.text('Hel');
  stream.text('lo');
  expect(written).toEqual([]);
  vi.advanceTimersByTime(COALESCE_MS);
  expect(written).toEqual([[{ type: 'delta', text: 'Hello' }]]);
  vi.advanceTimersByTime(COALESCE_MS * 10);
  expect(written).toHaveLength(1);
});

it('does not gather more than its bound', () => {
  stream.text('x'.repeat(8_001));
  expect(written).toHaveLength(1);
});

it('keeps only the newest output of each tool', () => {
  stream.event(update('c1', 'a'));
  stream.event(update('c2', 'b'));
  stream.event(update('c1', 'aa'));
  vi.advanceTimersByTime(COALESCE_MS);
  expect(written).toEqual([[update('c1', 'aa'), update('c2', 'b')]]);
});

it('writes what was said before an event ahead of it, and no update after its result', () => {
  stream.text('Let me look.');
  stream.event(update('c1', 'half'));
  stream.event(result);
  expect(written).toEqual([[{ type: 'delta', text: 'Let me look.' }, result]]);
});

it('forgets what was gathered when the turn is over', () => {
  stream.text('too late');
  stream.drop();
  vi.advanceTimersByTime(COALESCE_MS);
  stream.flush();
  expect(written).toEqual([]);
});
