import { expect, test } from 'vitest';
import { holds } from '../report.ts';
import { findingsOf } from './findings.ts';
import type { Measured } from './measure.ts';

/** Ten calls and one stream that all took the same. */
function steady(ms: { call: number; cpu: number; first: number; chunk: number }): Measured {
  return {
    callMs: [ms.call],
    callCpuSeconds: [ms.cpu / 1_000],
    concurrentMs: [ms.call],
    concurrentRate: [1],
    streams: [{ firstMs: ms.first, chunkMs: [ms.chunk], gapMs: [5] }],
    streamCpuSeconds: [0.01],
    calls: 10,
  };
}

const bare = steady({ call: 1, cpu: 0, first: 1, chunk: 0.2 });
const portkey = steady({ call: 2, cpu: 1, first: 40, chunk: 0.5 });

function broken(ours: Measured, attemptsInD1 = 10): string[] {
  const measured = new Map([
    ['bare', bare],
    ['portkey', portkey],
    ['ours', ours],
  ] as const);
  const { bounds } = findingsOf(measured, attemptsInD1);
  return bounds.filter((bound) => !holds(bound)).map(({ name }) => name);
}

test('what is within the bounds holds, less the bare upstream where it says so', () => {
  expect(broken(steady({ call: 2.6, cpu: 1.4, first: 16, chunk: 1.2 }))).toEqual([]);
});

test.each([
  [{ call: 2.7, cpu: 1, first: 10, chunk: 0.5 }, 'added to a call, ours / Portkey'],
  [{ call: 2, cpu: 1.5, first: 10, chunk: 0.5 }, 'CPU per call, ours / Portkey'],
  [{ call: 2, cpu: 1, first: 17, chunk: 0.5 }, 'first token, ours / Portkey'],
  [{ call: 2, cpu: 1, first: 10, chunk: 1.3 }, 'added to the delay of a chunk, ms'],
])('%o breaks “%s” and nothing else', (ms, name) => {
  expect(broken(steady(ms))).toEqual([name]);
});

test.each([9, 11])('%i rows in D1 for 10 calls break the count', (attempts) => {
  const ours = steady({ call: 2, cpu: 1, first: 10, chunk: 0.5 });
  expect(broken(ours, attempts)).toEqual(['of 10 calls missing or double in D1']);
});
