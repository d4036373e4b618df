import { expect, it } from 'vitest';
import { AGENT_SORTS } from '../contract/agent-list.ts';
import { decodeSortCursor, encodeSortCursor } from './sort-cursor.ts';

const ID = '0c9f9e0e-58e0-4c7e-9d0e-111111111111';
const NEWEST = { sort: 'created', order: 'desc' } as const;

it.each([1_700_000_000_000, 0, -1, 'acme-2', '42'])('a cursor after %j is read back', (value) => {
  for (const sort of AGENT_SORTS) {
    const sorting = { sort, order: 'asc' } as const;
    const cursor = encodeSortCursor(sorting, { value, id: ID });
    expect(decodeSortCursor(cursor, sorting)).toEqual({ value, id: ID });
    // What a page's query takes.
    expect(cursor.length).toBeLessThanOrEqual(200);
  }
  expect(decodeSortCursor(undefined, NEWEST)).toBeNull();
});

it.each(['', 'x', `1.${ID}`, `created.desc.n1.${ID}0`, `created.desc.1.${ID}`, 'created.desc.n1.'])(
  '%j is no cursor',
  (cursor) => {
    expect(() => decodeSortCursor(cursor, NEWEST)).toThrow('is not a cursor');
  },
);

it('a cursor of a list that was sorted otherwise is refused, and says of which', () => {
  const cursor = encodeSortCursor({ sort: 'slug', order: 'asc' }, { value: 'acme', id: ID });
  expect(() => decodeSortCursor(cursor, NEWEST)).toThrow('is of the list sorted by slug, asc');
  const turned = { sort: 'slug', order: 'desc' } as const;
  expect(() => decodeSortCursor(cursor, turned)).toThrow('is of the list sorted by slug, asc');
});
