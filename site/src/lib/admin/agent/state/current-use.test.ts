import { expect, test } from 'vitest';
import { TIER_CONFIG } from '../../../../../../contract/tiers.ts';
import { inspected } from '../testing/inspected.ts';
import { currentUse } from './current-use.ts';

const START = Date.UTC(2026, 10, 22);
const agent = inspected({
  ledger: { open: 2, unsettled: 0, outbox: 0, lastFlushAt: null },
  limits: {
    may: TIER_CONFIG.premium.limits,
    minute: { start: START, calls: 12, turns: 3 },
    day: { start: START, tokens: 1_500_000, heldTokens: 20_000 },
    month: { start: Date.UTC(2026, 10), nano: 12_500_000_000, heldNano: 0, percent: 0 },
  },
});
const said = (now: number) => currentUse(agent, now).map(({ words, held }) => [words, held]);

test('what is used is said with its limit, and what is held apart from it', () => {
  expect(said(START + 59_999)).toEqual([
    ['12 of 240', null],
    ['3 of 30', null],
    ['2 of 10', null],
    ['1.5M of 20M', '20K held'],
    ['$12.50 of $100.00', null],
  ]);
});

test('a window that is over counts as empty, each at its own time', () => {
  const used = (now: number) => currentUse(agent, now).map((use) => use.used);
  expect(used(START + 60_000)).toEqual([0, 0, 2, 1_500_000, 12_500_000_000]);
  expect(used(START + 86_400_000)).toEqual([0, 0, 2, 0, 12_500_000_000]);
  expect(used(Date.UTC(2026, 11))).toEqual([0, 0, 2, 0, 0]);
});
