import { expect, test } from 'vitest';
import { isNarrowed, sortingOf, tenantQuery, withoutFilters } from './tenant-query.ts';

test('an address asks for what it names and for nothing else', () => {
  const search = new URLSearchParams('q=ac&tier=free&cursor=x&utm=1');
  expect(tenantQuery(search)).toMatchObject({ q: 'ac', tier: 'free', cursor: 'x', sort: null });
  expect(tenantQuery(search)).not.toHaveProperty('utm');
});

test.each([
  ['', 'created', 'desc'],
  ['sort=slug', 'slug', 'asc'],
  ['sort=slug&order=desc', 'slug', 'desc'],
  ['sort=size&order=up', 'created', 'desc'],
])('"%s" is sorted by %s, %s', (query, sort, order) => {
  expect(sortingOf(new URLSearchParams(query))).toEqual({ sort, order });
});

test('filters are taken away together, and the sort stays', () => {
  const url = new URL('http://x/admin/tenants?q=a&tier=free&sort=slug&cursor=c');
  expect(isNarrowed(url.searchParams)).toBe(true);
  expect(withoutFilters(url)).toBe('/admin/tenants?sort=slug');
  expect(isNarrowed(new URL(withoutFilters(url), url).searchParams)).toBe(false);
});
