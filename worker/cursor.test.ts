import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';

it.each(['01HX.2', '0c9f9e0e-58e0:1700000000000:80'])('a cursor of %s is read back', (id) => {
  const position = { createdAt: 1_700_000_000_000, id };
  expect(decodeCursor(encodeCursor(position))).toEqual(position);
  expect(decodeCursor(undefined)).toBeNull();
});

it.each(['', 'x', '1.', '.a', '1.a b', `1.${'a'.repeat(200)}`])('%j is no cursor', (cursor) => {
  expect(() => decodeCursor(cursor)).toThrow('is not a cursor');
});

it('a page has a cursor exactly when there is more', () => {
  const entries = [1, 2, 3].map((n) => ({ createdAt: n, id: `i${n}` }));
  expect(pageOf(entries, 2, (entry) => entry).cursor).toBe('2.i2');
  expect(pageOf(entries, 3, (entry) => entry).cursor).toBeNull();
});
