import { expect, it } from 'vitest';
import { makePlan, planLines, type PhaseLengths } from './plan.ts';
import { nameOf, POINTS } from './points.ts';

const lengths: PhaseLengths = {
  turn: 600,
  schedule: 600,
  checkpoint: 60,
  restore: 40,
  boot: 300,
  drain: 150,
};
const plan = (seed: number) => makePlan({ seed, rounds: 20, tenants: 3, lengths });

it('the same seed gives the same run, and another one another', () => {
  expect(plan(7)).toEqual(plan(7));
  expect(planLines(plan(7))).not.toEqual(planLines(plan(8)));
});

it('every point is dealt in twenty rounds, and none twice before all were', () => {
  for (const seed of [1, 2, 3]) {
    const dealt = plan(seed).flatMap(({ tenants }) =>
      tenants.map(({ shot }) => nameOf(shot.point)),
    );
    expect(dealt).toHaveLength(60);
    expect(new Set(dealt.slice(0, POINTS.length - 2)).size).toBe(POINTS.length - 2);
    expect(new Set(dealt)).toEqual(new Set(POINTS.map(nameOf)));
  }
});

it('at most one Worker dies in a round', () => {
  for (const { tenants } of plan(1)) {
    const deaths = tenants.filter(({ shot }) => shot.point.target === 'workerd');
    expect(deaths.length).toBeLessThan(2);
  }
});

it('no two messages of a run have the same text', () => {
  const texts = plan(1).flatMap(({ tenants }) => tenants.flatMap((part) => part.texts));
  expect(new Set(texts).size).toBe(texts.length);
});

it('a snapshot is forged once, and shots fall within their phase', () => {
  const rounds = plan(5);
  expect(rounds.filter(({ forge }) => forge !== null)).toHaveLength(1);
  for (const { shot } of rounds.flatMap(({ tenants }) => tenants))
    expect(shot.delayMs).toBeLessThan(lengths[shot.point.phase]);
});
