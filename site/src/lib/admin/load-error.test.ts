import { expect, test } from 'vitest';
import { LOAD_ERROR_TITLES, loadErrorKind } from './load-error.ts';

test.each([
  [404, 'This is not here'],
  [403, 'Your role does not show this'],
  [500, 'This could not be loaded'],
  [503, 'This could not be loaded'],
])('an answer of %i is titled "%s"', (status, title) => {
  expect(LOAD_ERROR_TITLES[loadErrorKind(status)]).toBe(title);
});
