import { expect, test } from 'vitest';
import { parseJsonc } from './jsonc.ts';

test('comments and trailing commas go, and strings that look like them stay', () => {
  const source = `\uFEFF{
    // a line, with "quotes"
    "a": "https://x/*no*/,}", /* a
    block */ "b": [1, 2, /* last */ ],
    "c": "\\"// still text",
  }`;
  expect(parseJsonc(source)).toEqual({ a: 'https://x/*no*/,}', b: [1, 2], c: '"// still text' });
});

test.each(['', '{', '{"a":1,,}', '[1 2]', '{a:1}'])('%j is refused', (source) => {
  expect(() => parseJsonc(source)).toThrow(SyntaxError);
});
