import { expect, test } from 'vitest';
import { arrivalsOf } from './arrivals.ts';

test('an event arrives with the piece that ends it', () => {
  const pieces = [
    { atMs: 1, text: 'data: a\n\ndata: b' },
    { atMs: 2, text: 'c\n' },
    { atMs: 3, text: '\ndata: [DONE]\n\n' },
  ];
  expect(arrivalsOf(pieces)).toEqual([
    { atMs: 1, data: 'a' },
    { atMs: 3, data: 'bc' },
    { atMs: 3, data: '[DONE]' },
  ]);
});

test('a stream that breaks off within an event is an error', () => {
  expect(() => arrivalsOf([{ atMs: 1, text: 'data: a\n\ndata: b' }])).toThrow(/within an event/);
});
