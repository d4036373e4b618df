import { expect, it } from 'vitest';
import { admit } from './admit.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { admitted, callOf, contextOf, endOf } from './doubles/ledger.ts';
import { countByState, KEEP_FLUSHED_MS, markFlushed, readOutbox } from './ledger-outbox.ts';
import { settle } from './settle.ts';

it('the outbox holds final attempts only, oldest first, as rows of D1', () =>
  freshAgent().inside(({ db }) => {
    admitted(contextOf(db, { now: NOW + 1 }), callOf('b'));
    admitted(contextOf(db), callOf('a'));
    admitted(contextOf(db), callOf('open'));
    settle(contextOf(db), endOf('b.1'));
    settle(contextOf(db), endOf('a.1'));
    expect(readOutbox(db, 'tenant', 10).map(({ id }) => id)).toEqual(['a.1', 'b.1']);
    expect(readOutbox(db, 'tenant', 1)).toEqual([
      expect.objectContaining({
        id: 'a.1',
        tenant_id: 'tenant',
        call_id: 'a',
        attempt: 1,
        tokens_in: 100,
        settled_by: 'exact',
        outcome: 'ok',
        created_at: NOW,
      }),
    ]);
  }));

it('it forgets what is in D1 after a while, and nothing else', () =>
  freshAgent().inside(({ db }) => {
    for (const id of ['flushed', 'final', 'open']) admitted(contextOf(db), callOf(id));
    settle(contextOf(db), endOf('flushed.1'));
    settle(contextOf(db), endOf('final.1'));
    markFlushed(db, ['flushed.1', 'open.1'], NOW);
    expect(countByState(db)).toEqual({ open: 1, unsettled: 0, final: 1, flushed: 1 });
    expect(admit(contextOf(db), callOf('flushed')).ok).toBe(true);
    expect(countByState(db)).toEqual({ open: 1, unsettled: 0, final: 1, flushed: 1 });
    markFlushed(db, [], NOW + KEEP_FLUSHED_MS + 1);
    expect(countByState(db)).toEqual({ open: 1, unsettled: 0, final: 1, flushed: 0 });
  }));
