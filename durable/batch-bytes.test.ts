import { describe, expect, it } from 'vitest';
import { byteLength, countFitting, isOverBytes } from './batch-bytes.ts';

const of = (...sizes: number[]): { bytes: number }[] => sizes.map((bytes) => ({ bytes }));

describe('countFitting', () => {
  it('takes as many as fit, and one that is too long alone', () => {
    expect(countFitting(of(), 10)).toBe(0);
    expect(countFitting(of(4, 6), 10)).toBe(2);
    expect(countFitting(of(4, 7), 10)).toBe(1);
    expect(countFitting(of(11, 1), 10)).toBe(1);
  });
});

describe('isOverBytes', () => {
  it('counts bytes, not characters', () => {
    for (const text of ['', 'aaaa', 'äää', '語語', '😀😀', 'a語']) {
      for (let max = 0; max < 14; max += 1) {
        expect([text, max, isOverBytes(text, max)]).toEqual([text, max, byteLength(text) > max]);
      }
    }
  });
});
