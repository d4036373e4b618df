import { expect, test } from 'vitest';
import { changesOf } from './audit-diff.ts';

test('only what is otherwise is a change, by its path', () => {
  const before = { tier: 'free', internet: null, limits: { maxSessions: 5 }, version: 1 };
  const after = { tier: 'premium', internet: null, limits: { maxSessions: 6 }, version: 2 };
  expect(changesOf(before, after)).toEqual([
    { path: 'tier', before: 'free', after: 'premium' },
    { path: 'limits.maxSessions', before: '5', after: '6' },
    { path: 'version', before: '1', after: '2' },
  ]);
});

test('what was not there is told apart from what was nothing', () => {
  expect(changesOf({ internet: null }, { internet: false, reason: 'unpaid' })).toEqual([
    { path: 'internet', before: 'none', after: 'no' },
    { path: 'reason', before: null, after: 'unpaid' },
  ]);
  expect(changesOf({ limits: null }, { limits: { maxSessions: 5 } })).toEqual([
    { path: 'limits', before: 'none', after: null },
    { path: 'limits.maxSessions', before: null, after: '5' },
  ]);
});

test('one side alone is all new, or all gone', () => {
  expect(changesOf(null, { kind: 'person' })).toEqual([
    { path: 'kind', before: null, after: 'person' },
  ]);
  expect(changesOf({ role: 'admin' }, null)).toEqual([
    { path: 'role', before: 'admin', after: null },
  ]);
  expect(changesOf(null, null)).toEqual([]);
});

test('a moment is said as one, and a number is not taken for one', () => {
  const after = { createdAt: Date.UTC(2026, 10, 22), phaseAt: 7, tokens: Date.UTC(2026, 10, 22) };
  expect(changesOf(null, after).map((change) => change.after)).toEqual([
    '2026-11-22T00:00:00.000Z',
    '7',
    '1795305600000',
  ]);
});

test('lists are compared whole, and long values are cut', () => {
  expect(changesOf({ a: [1, 2] }, { a: [1, 2] })).toEqual([]);
  expect(changesOf({ a: [1] }, { a: [1, 2] })).toEqual([
    { path: 'a', before: '[1]', after: '[1,2]' },
  ]);
  const [change] = changesOf(null, { note: 'x'.repeat(1_000) });
  expect(change?.after).toHaveLength(161);
});

test('what is no object is a change without a name', () => {
  expect(changesOf(null, 'text')).toEqual([{ path: '', before: null, after: 'text' }]);
});
