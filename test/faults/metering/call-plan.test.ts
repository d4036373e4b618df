import { expect, it } from 'vitest';
import { Prng } from '../prng.ts';
import { drawCall } from './call-plan.ts';

const draw = (seed: number) => {
  const prng = new Prng(seed);
  return Array.from({ length: 1_000 }, () => drawCall(prng));
};

it('the same seed gives the same calls', () => {
  expect(draw(3)).toEqual(draw(3));
});

it('a thousand calls meet every fault, leave in every way, and most of them come to an answer', () => {
  const calls = draw(1);
  const kinds = new Set(
    calls.map(({ stream, fault }) => `${fault?.kind ?? 'none'} ${stream ? 'streamed' : 'whole'}`),
  );
  const expected = [
    'close_before whole',
    'cut streamed',
    'cut whole',
    'delay whole',
    'hang_before streamed',
    'hang_within streamed',
    'none streamed',
    'none whole',
    'status streamed',
    'status whole',
  ];
  expect([...kinds].toSorted()).toEqual(expected);
  expect(calls.some(({ leaves }) => leaves === 'at first chunk')).toBe(true);
  expect(calls.some(({ leaves }) => typeof leaves === 'number')).toBe(true);
  expect(calls.filter(({ fault, leaves }) => !fault && leaves === null).length).toBeGreaterThan(
    700,
  );
});
