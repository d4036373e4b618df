import { expect, test } from 'vitest';
import { auditQueryOf, isNarrowed } from './audit-query.ts';

const of = (query: string) => auditQueryOf(new URLSearchParams(query));

test('days are UTC, and the last one is included', () => {
  expect(of('since=2026-11-01&before=2026-11-02')).toMatchObject({
    since: Date.UTC(2026, 10, 1),
    before: Date.UTC(2026, 10, 3),
  });
  expect(of('since=yesterday&before=2026-13-01')).toMatchObject({ since: null, before: null });
});

test('the parts of an entry are asked for as they are', () => {
  expect(of('actor=a%40b.c&tenant=acme&cursor=x')).toMatchObject({
    actor: 'a@b.c',
    tenant: 'acme',
    action: null,
    cursor: 'x',
  });
});

test('one entry is asked for alone, whatever else the address says', () => {
  expect(of('entry=01X&actor=a')).toEqual({ id: '01X' });
});

test('a page further on is not narrowed down', () => {
  expect(isNarrowed(new URLSearchParams('cursor=x'))).toBe(false);
  expect(isNarrowed(new URLSearchParams('since=2026-11-01'))).toBe(true);
});
