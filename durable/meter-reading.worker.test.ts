import { expect, it } from 'vitest';
import { clearCell } from './cells.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { admitted, callOf, contextOf, endOf, rowOf } from './doubles/ledger.ts';
import { readMeters } from './meter-reading.ts';
import { settle } from './settle.ts';

const DAY_MS = 86_400_000;

it('where an earlier release kept no meters they are made of the attempts that there are', () =>
  freshAgent().inside(({ db }) => {
    const begin = (id: string, now: number) => admitted(contextOf(db, { now }), callOf(id));
    begin('last-month', NOW - 31 * DAY_MS);
    begin('yesterday', NOW - DAY_MS);
    for (const id of ['open', 'unsettled', 'used']) begin(id, NOW);
    settle(contextOf(db), endOf('unsettled.1', { outcome: 'aborted', usage: null }));
    settle(contextOf(db), endOf('used.1'));
    const { day, month } = readMeters(db, NOW);
    expect([day.heldTokens, month.heldNano]).not.toContain(0);
    clearCell(db, 'meters');
    expect(readMeters(db, NOW)).toMatchObject({ day, month });
  }));

it('an attempt that began before there were meters gives back no more than it held', () =>
  freshAgent().inside(({ db }) => {
    admitted(contextOf(db), callOf('call'));
    clearCell(db, 'meters');
    settle(contextOf(db), endOf('call.1'));
    expect(readMeters(db, NOW)).toMatchObject({
      day: { tokens: 110, heldTokens: 0 },
      month: { nano: rowOf(db, 'call.1')?.costNano, heldNano: 0 },
    });
  }));
