import { expect, test } from 'vitest';
import type { TimelineData } from '../../../../../../contract/timeline.ts';
import { ENTRY_KINDS, isError, isOfKind, kindOf, ownKind } from './entry-kinds.ts';
import { entryWords } from './entry-words.ts';

const ID = '01HZZZZZZZZZZZZZZZZZZABCDE';
const failure = { code: 'no_answer', message: 'It hung.', nextTryAt: null, attempts: 2 };
const call = {
  type: 'call',
  callId: 'c',
  turnId: null,
  workload: 'chat',
  model: 'x/y',
  attempts: 2,
  costNano: 1_250_000,
  outcome: 'timeout',
  settledBy: 'estimated',
  ms: 3_240,
} as const;

const SAID: [TimelineData, string][] = [
  [{ type: 'start', restore: null }, 'Starting its container: with nothing saved'],
  [{ type: 'stage', stage: 'booting', ms: 400 }, 'Booting OpenClaw: after 400 ms'],
  [{ type: 'ready', ms: 9_000, restored: ID }, 'Ready: after 9.0 s, …ZABCDE was restored'],
  [{ type: 'drain', force: true, again: true }, 'Restarting: forced'],
  [{ type: 'asleep', ms: 0 }, 'Asleep: cut off'],
  [
    { type: 'failed', ...failure },
    'Failed: It hung., no_answer, 2 times in a row, not tried again by itself',
  ],
  [
    { type: 'snapshot.stored', id: ID, kind: 'sleep', size: 14_600_000 },
    'Snapshot stored: as it fell asleep, 14.6 MB, …ZABCDE',
  ],
  [
    { type: 'turn.ended', sessionId: 's', turnId: 't', state: 'aborted', ms: null },
    'Turn stopped: before it started',
  ],
  [call, 'Call to x/y: no byte in time, chat, 2 attempts, 3.2 s, $0.0013, estimated'],
  [
    { type: 'due.failed', kind: 'flush', attempts: 1 },
    'A step of its alarm failed: Send usage to D1, 1 failure',
  ],
  [{ type: 'settings', version: 3 }, 'The tenant’s record came into force: version 3'],
];

test.each(SAID)('%j is said in words', (data, words) => {
  const { title, details } = entryWords(data);
  expect(`${title}: ${details.join(', ')}`).toBe(words);
});

test('an error is one whatever else it is; an answer that somebody broke off is none', () => {
  expect(isError(call)).toBe(true);
  expect(isError({ ...call, outcome: 'aborted' })).toBe(false);
  expect([isOfKind(call, 'errors'), isOfKind(call, 'calls'), isOfKind(call, 'turns')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(isOfKind(call, null)).toBe(true);
});

test('every kind that can be asked for has entries, and an unknown one is all of them', () => {
  const own = new Set<string>(SAID.map(([data]) => ownKind(data)));
  expect(ENTRY_KINDS.filter((kind) => kind !== 'errors' && !own.has(kind))).toEqual([]);
  expect([kindOf('calls'), kindOf('nonsense'), kindOf(null)]).toEqual(['calls', null, null]);
});
