import { expect, it } from 'vitest';
import { slugSchema } from '../contract/ids.ts';
import { makeUpSlug, randomBelow } from './slug-names.ts';

it('made-up names are valid slugs, from the first to the last', () => {
  const ends = [makeUpSlug(() => 0), makeUpSlug((below) => below - 1)];
  expect(ends).toEqual(['amber-acorn-10', 'witty-wren-99']);
  for (let index = 0; index < 200; index += 1) {
    expect(slugSchema.safeParse(makeUpSlug(randomBelow)).success).toBe(true);
  }
});
