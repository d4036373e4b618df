import fc from 'fast-check';
import { expect, it } from 'vitest';
import { costNano } from '../contract/models.ts';
import { freshAgent } from './doubles/fresh-agent.ts';
import { metersOf } from './doubles/ledger.ts';
import { ledgerStep, LedgerWorld } from './doubles/ledger-world.ts';
import type { AttemptRow } from './ledger.ts';

const sum = (rows: readonly AttemptRow[], of: (row: AttemptRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);
const isFinal = ({ state }: AttemptRow): boolean => state === 'final' || state === 'flushed';

/** No money and no token that a row does not have, and none of a row that the meters do not. */
function check({ db, now, seen, limits, most }: LedgerWorld): void {
  const { day, month } = metersOf(db, now);
  const rows = [...seen.values()];
  const ofDay = rows.filter(({ createdAt }) => createdAt >= day.start);
  const ofMonth = rows.filter(({ createdAt }) => createdAt >= month.start);
  const held = (row: AttemptRow, amount: number): number => (isFinal(row) ? 0 : amount);
  expect({ day, month }).toMatchObject({
    day: {
      tokens: sum(ofDay, ({ tokensIn, tokensOut }) => tokensIn + tokensOut),
      heldTokens: sum(ofDay, (row) => held(row, row.reservedTokens)),
    },
    month: {
      nano: sum(ofMonth, ({ costNano: nano }) => nano),
      heldNano: sum(ofMonth, (row) => held(row, row.reservedNano)),
    },
  });
  const { maxTokensPerDay = Infinity, maxNanoPerMonth = Infinity } = limits;
  expect(day.tokens + day.heldTokens).toBeLessThan(maxTokensPerDay + Math.max(1, most.tokens));
  expect(month.nano + month.heldNano).toBeLessThan(maxNanoPerMonth + Math.max(1, most.nano));
}

it.each([
  ['tokens', { maxTokensPerDay: 20_000 }],
  ['money', { maxNanoPerMonth: 3_000_000 }],
])(
  'no order of events makes tokens or money appear or vanish, and each attempt leaves once (%s)',
  { timeout: 60_000 },
  (_, limited) =>
    freshAgent().inside(async ({ db }) => {
      const limits = { maxConcurrentCalls: 12, maxCallsPerMinute: 30, ...limited };
      const made = fc.array(ledgerStep, { minLength: 5, maxLength: 60, size: 'max' });
      await fc.assert(
        fc.asyncProperty(made, async (steps) => {
          const world = new LedgerWorld(db, limits);
          for (const one of steps) {
            await world.run(one);
            check(world);
          }
          await world.finish();
          check(world);
          expect([...world.sent.keys()].toSorted()).toEqual([...world.seen.keys()].toSorted());
          for (const row of world.seen.values()) {
            expect(isFinal(row)).toBe(true);
            const { tokensIn, tokensOut, tokensCached, settledBy, reservedNano } = row;
            const price = costNano(row.model, { tokensIn, tokensOut, tokensCached });
            expect(row.costNano).toBe(settledBy === 'estimated' ? reservedNano : price);
          }
        }),
        { numRuns: 40 },
      );
    }),
);
