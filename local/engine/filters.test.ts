import { describe, expect, test } from 'vitest';
import { matches, parseFilters } from './filters.ts';

const container = { name: 'workerd-a', labels: { owner: 'a', empty: '', path: 'x=y' } };

describe('the filters of a listing', () => {
  test.each([
    [['owner=a'], true],
    [['owner=b'], false],
    [['owner'], true],
    [['missing'], false],
    [['empty='], true],
    [['path=x=y'], true],
    [['owner=a', 'missing'], false],
    [['toString'], false],
  ])('labels %j match: %s', (label, expected) => {
    expect(matches(container, { label })).toBe(expected);
  });

  test('a name matches by part', () => {
    expect(matches(container, { name: ['kerd', 'other'] })).toBe(true);
    expect(matches(container, { name: ['other'] })).toBe(false);
  });

  test('both forms of a filter are read', () => {
    expect(parseFilters('{"label":["a=b"]}')).toEqual({ label: ['a=b'] });
    expect(parseFilters('{"label":{"a=b":true}}')).toEqual({ label: ['a=b'] });
    expect(parseFilters(null)).toEqual({});
  });

  test.each(['{"ancestor":["x"]}', 'nonsense', '[]'])('%s is refused, not ignored', (query) => {
    expect(() => parseFilters(query)).toThrow('filters');
  });
});
