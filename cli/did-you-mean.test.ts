import { expect, test } from 'vitest';
import { didYouMean, editDistance } from './did-you-mean.ts';

test.each([
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['kitten', 'sitting', 3],
  ['--qery', '--query', 1],
])('from "%s" to "%s" it is %i edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

test('the nearest is suggested, and nothing for another word', () => {
  expect(didYouMean('tenant lst', ['tenant get', 'tenant list'])).toBe('Did you mean tenant list?');
  expect(didYouMean('zzzzzz', ['tenant get', 'tenant list'])).toBeUndefined();
  expect(didYouMean('x'.repeat(100_000), ['tenant get'])).toBeUndefined();
});
