import { expect, it } from 'vitest';
import { Prng } from '../prng.ts';
import { AIMS, planKills } from './kill-plan.ts';

const plan = (seed: number, kills = 20) => planKills(new Prng(seed), { kills, calls: 10_000 });

it('the same seed gives the same kills, and another one others', () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

it('each part of the calls has its kill', () => {
  for (const seed of [1, 2, 3])
    expect(plan(seed).map(({ atCall }) => Math.floor(atCall / 500))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
});

it('six kills are aimed at every moment', () => {
  for (const seed of [1, 2, 3])
    expect(new Set(plan(seed, 6).map(({ aim }) => aim))).toEqual(new Set(Object.keys(AIMS)));
});
