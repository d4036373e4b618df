import { expect, it } from 'vitest';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { admitted, callOf, contextOf, endOf } from './doubles/ledger.ts';
import { FIRST_LOOKUP_MS, MAX_ATTEMPT_MS, SWEEP_MARGIN_MS } from './ledger.ts';
import { hastenLookups, nextLookupAt, postponeLookup, takeLookups } from './lookups.ts';
import { settle } from './settle.ts';

it('an intent that nobody settled is lost, but not before it must have been cut', () =>
  freshAgent().inside(({ db }) => {
    admitted(contextOf(db), callOf('call'));
    const due = NOW + MAX_ATTEMPT_MS + SWEEP_MARGIN_MS;
    expect(takeLookups(db, due - 1, 10)).toEqual([]);
    expect(takeLookups(db, due, 10)).toEqual([
      expect.objectContaining({ id: 'call.1', state: 'unsettled', outcome: 'lost' }),
    ]);
    expect(settle(contextOf(db), endOf('call.1')).state).toBe('before');
  }));

it('the next look-up is the earliest of any attempt, and can be made due now', () =>
  freshAgent().inside(({ db }) => {
    expect(nextLookupAt(db)).toBeNull();
    admitted(contextOf(db), callOf('open'));
    admitted(contextOf(db), callOf('left'));
    settle(contextOf(db), endOf('left.1', { outcome: 'aborted', usage: null }));
    expect(nextLookupAt(db)).toBe(NOW + FIRST_LOOKUP_MS);
    hastenLookups(db, NOW - 5);
    expect(takeLookups(db, NOW - 5, 10).map(({ id }) => id)).toEqual(['left.1']);
  }));

it('a look-up that found nothing waits for its next time, and is counted', () =>
  freshAgent().inside(({ db }) => {
    admitted(contextOf(db), callOf('left'));
    settle(contextOf(db), endOf('left.1', { outcome: 'aborted', usage: null }));
    postponeLookup(db, 'left.1', NOW + 9_000);
    expect(takeLookups(db, NOW + 8_999, 10)).toEqual([]);
    expect(takeLookups(db, NOW + 9_000, 10)).toMatchObject([{ id: 'left.1', lookups: 1 }]);
  }));

it('look-ups are taken a bounded number at a time', () =>
  freshAgent().inside(({ db }) => {
    for (const id of ['a', 'b', 'c']) {
      admitted(contextOf(db), callOf(id));
      settle(contextOf(db), endOf(`${id}.1`, { outcome: 'aborted', usage: null }));
    }
    expect(takeLookups(db, NOW + FIRST_LOOKUP_MS, 2)).toHaveLength(2);
  }));
