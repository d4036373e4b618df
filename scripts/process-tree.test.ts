import { expect, it } from 'vitest';
import { descendantGroups } from './process-tree.ts';

const TABLE = `
    1     0     1
  100     1   100
  103   102   103
  101   100   100
  102   101   102
  104   103   103
  200     1   200
  201   200   200
`;

it('finds the groups of children and grandchildren, and nobody else’s', () => {
  expect([...descendantGroups(TABLE, 100)].toSorted()).toEqual([102, 103]);
});

it('finds none below a process that is gone', () => {
  expect(descendantGroups(TABLE, 999).size).toBe(0);
});
