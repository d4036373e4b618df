import { expect, test } from 'vitest';
import { frame, STDERR } from './frames.ts';

test('a frame names its stream and the length of its data, big endian', () => {
  const data = Buffer.alloc(258, 'x');
  const framed = frame(STDERR, data);
  expect([...framed.subarray(0, 8)]).toEqual([2, 0, 0, 0, 0, 0, 1, 2]);
  expect(framed.subarray(8).equals(data)).toBe(true);
});
