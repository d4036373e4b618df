import { expect, it } from 'vitest';
import { holds } from '../report.ts';
import { findingsOf, MAX_P95_MS } from './findings.ts';
import type { PageLoads } from './load.ts';

const page = (ms: number, changed: Partial<PageLoads> = {}): PageLoads => ({
  name: 'page',
  path: '/page',
  loads: Array.from({ length: 20 }, (_, n) => ({ status: 200, ms: n === 19 ? 10 * ms : ms })),
  calls: [],
  ...changed,
});
const keeps = (...pages: PageLoads[]): boolean => findingsOf(pages, []).bounds.every(holds);

it('holds when every p95 is under the bound, whatever the slowest twentieth was', () => {
  expect(keeps(page(MAX_P95_MS - 1), page(5))).toBe(true);
  expect(keeps(page(MAX_P95_MS + 1), page(5))).toBe(false);
});

it('is broken by a slow call of a fast page, which is named', () => {
  const calls = [{ path: '/slow', loads: [{ status: 200, ms: MAX_P95_MS + 1 }] }];
  const { bounds } = findingsOf([page(5, { calls })], []);
  expect(bounds.filter((bound) => !holds(bound)).map(({ name }) => name)).toEqual([
    'p95 of page: /slow, ms',
  ]);
});

it('is broken by a page that is not there, however fast it says so', () => {
  expect(keeps(page(5, { loads: [{ status: 404, ms: 1 }] }))).toBe(false);
});
