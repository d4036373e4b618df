import { expect, it } from 'vitest';
import {
  decideSweep,
  LOOKUP_BACKOFF_MS,
  LOOKUP_FOR_MS,
  MAX_LOOKUP_BACKOFF_MS,
  type Lookup,
} from './sweep.ts';

const attempt = { createdAt: 1_000, lookups: 0, reservedIn: 700 };
const young = attempt.createdAt + LOOKUP_FOR_MS - 1;
const old = attempt.createdAt + LOOKUP_FOR_MS;
const usage = { tokensIn: 5, tokensOut: 6, tokensCached: 0 };
const found: Lookup = { kind: 'found', usage, status: 200, logId: 'log' };

it('books what the log says, however late', () => {
  expect(decideSweep(attempt, found, young)).toEqual({ book: 'looked_up', usage });
  expect(decideSweep(attempt, found, old * 2)).toEqual({ book: 'looked_up', usage });
});

it('asks again for a day, whether the log had nothing or did not answer', () => {
  for (const kind of ['nothing', 'unavailable'] as const) {
    expect(decideSweep(attempt, { kind }, young)).toEqual({
      askAgainAt: young + LOOKUP_BACKOFF_MS,
    });
  }
});

it('asks less and less often, at least once an hour', () => {
  const pauseAfter = (lookups: number): number => {
    const decision = decideSweep({ ...attempt, lookups }, { kind: 'nothing' }, 2_000);
    return 'askAgainAt' in decision ? decision.askAgainAt - 2_000 : Number.NaN;
  };
  expect([0, 1, 2, 5].map(pauseAfter)).toEqual([1_000, 2_000, 4_000, 32_000]);
  expect(pauseAfter(12)).toBe(MAX_LOOKUP_BACKOFF_MS);
  expect(pauseAfter(4_000)).toBe(MAX_LOOKUP_BACKOFF_MS);
});

it('books zero after a day without an entry: the attempt was never sent', () => {
  expect(decideSweep(attempt, { kind: 'nothing' }, old)).toEqual({
    book: 'not_sent',
    usage: { tokensIn: 0, tokensOut: 0, tokensCached: 0 },
  });
});

it('books the reservation after a day in which the log could not be asked', () => {
  expect(decideSweep(attempt, { kind: 'unavailable' }, old)).toMatchObject({
    book: 'estimated',
    usage: { tokensIn: 700 },
  });
});
