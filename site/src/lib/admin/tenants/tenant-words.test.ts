import { expect, test } from 'vitest';
import { SYSTEM_TENANT_ID } from '../../../../../contract/ids.ts';
import { internetWords, isOpen, referenceOf } from './tenant-words.ts';

const ACME = { id: 'the-id', slug: 'acme', status: 'active' } as const;
const ONE = ['streamkinetics.com'];

test.each([
  ['its slug', ACME, ONE, 'acme'],
  ['its id where several platforms may have the slug', ACME, [...ONE, 'other.example'], 'the-id'],
  ['its id when it is a tombstone', { ...ACME, status: 'deleted' as const }, ONE, 'the-id'],
  ['its id where the slug is a page’s', { ...ACME, slug: 'new' }, ONE, 'the-id'],
])('a tenant is named by %s', (_, tenant, platforms, name) => {
  expect(referenceOf(tenant, platforms)).toBe(name);
});

test('only customers that are there can be changed', () => {
  expect([ACME, { ...ACME, status: 'suspended' as const }].map(isOpen)).toEqual([true, true]);
  expect(isOpen({ ...ACME, status: 'deleting' })).toBe(false);
  expect(isOpen({ ...ACME, id: SYSTEM_TENANT_ID })).toBe(false);
});

test('internet is said with where the setting comes from', () => {
  expect(internetWords(null, false)).toBe('Off, as the tier has it');
  expect(internetWords(true, false)).toBe('On');
});
