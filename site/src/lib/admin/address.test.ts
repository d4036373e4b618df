import { expect, test } from 'vitest';
import { addressWith, queryOf } from './address.ts';

const at = (path: string): URL => new URL(path, 'http://localhost');

test('a change of a filter keeps the others and begins with the first page', () => {
  const url = at('/admin/tenants?q=a%26b&tier=free&cursor=xyz');
  expect(addressWith(url, { tier: 'premium' })).toBe('/admin/tenants?q=a%26b&tier=premium');
  expect(addressWith(url, { q: '', tier: null })).toBe('/admin/tenants');
  expect(addressWith(url, { cursor: 'next' })).toBe('/admin/tenants?q=a%26b&tier=free&cursor=next');
});

test('a query asks for what is known only', () => {
  expect(queryOf({ q: 'a b', cursor: null, tier: '', limit: 0, state: undefined })).toBe(
    '?q=a+b&limit=0',
  );
  expect(queryOf({ q: '' })).toBe('');
});
