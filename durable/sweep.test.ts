import { expect, it } from 'vitest';
import {
  decideSweep,
  LOOKUP_BACKOFF_MS,
  LOOKUP_FOR_MS,
  MAX_LOOKUP_BACKOFF_MS,
  NEVER_SENT_AFTER_MS,
  type Lookup,
} from './sweep.ts';

const attempt = { createdAt: 1_000, lookups: 9, reservedTokens: 700, wasAnswered: false };
const answered = { ...attempt, wasAnswered: true };
const young = attempt.createdAt + LOOKUP_FOR_MS - 1;
const old = attempt.createdAt + LOOKUP_FOR_MS;
const usage = { tokensIn: 5, tokensOut: 6, tokensCached: 0 };
const found: Lookup = { kind: 'found', usage, status: 200, logId: 'log' };

it('books what the log says, however late', () => {
  expect(decideSweep(attempt, found, young)).toEqual({ book: 'looked_up', usage });
  expect(decideSweep(attempt, found, old * 2)).toEqual({ book: 'looked_up', usage });
});

it('asks again for a day where the log does not answer, has no counts, or denies what was seen', () => {
  const fresh = { ...attempt, lookups: 0 };
  const again = { askAgainAt: young + LOOKUP_BACKOFF_MS };
  expect(decideSweep(fresh, { kind: 'unavailable' }, young)).toEqual(again);
  expect(decideSweep(fresh, { kind: 'uncounted' }, young)).toEqual(again);
  expect(decideSweep({ ...answered, lookups: 0 }, { kind: 'nothing' }, young)).toEqual(again);
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

it('books zero soon where nothing was seen and the log has said nothing often enough', () => {
  const unsent = { book: 'not_sent', usage: { tokensIn: 0, tokensOut: 0, tokensCached: 0 } };
  const soon = attempt.createdAt + NEVER_SENT_AFTER_MS;
  const nothing: Lookup = { kind: 'nothing' };
  expect(decideSweep(attempt, nothing, soon)).toEqual(unsent);
  expect(decideSweep(attempt, nothing, soon - 1)).toHaveProperty('askAgainAt');
  expect(decideSweep({ ...attempt, lookups: 2 }, nothing, soon)).toHaveProperty('askAgainAt');
  expect(decideSweep({ ...attempt, lookups: 2 }, nothing, old)).toHaveProperty('askAgainAt');
});

it('never books zero for a call of which an answer was seen, whatever the log has lost', () => {
  for (const kind of ['nothing', 'uncounted', 'unavailable'] as const) {
    expect(decideSweep(answered, { kind }, old)).toMatchObject({ book: 'estimated' });
  }
  expect(decideSweep(attempt, { kind: 'uncounted' }, old)).toMatchObject({ book: 'estimated' });
});

it('books the reservation after a day in which the log could not be asked', () => {
  expect(decideSweep(attempt, { kind: 'unavailable' }, old)).toMatchObject({
    book: 'estimated',
    usage: { tokensIn: 700 },
  });
});
