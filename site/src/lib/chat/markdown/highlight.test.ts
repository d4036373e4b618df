import { expect, test } from 'vitest';
import { highlight, MAX_COLOURED_CHARS, type CodeKind } from './highlight.ts';

const of = (kind: CodeKind, code: string, language: string): string[] =>
  highlight(code, language).flatMap(([found, text]) => (found === kind ? [text] : []));

test.each([
  ['ts', '// if\nconst a = "for"; if (b) call(1.5e3);', ['const', 'if'], ['"for"'], ['// if']],
  [
    'py',
    '# if\ndef f(a):\n  """doc\nif"""\n  return None',
    ['def', 'return', 'None'],
    ['"""doc\nif"""'],
    ['# if'],
  ],
  ['sql', "SELECT 'from' -- where\nFROM t", ['SELECT', 'FROM'], ["'from'"], ['-- where']],
  ['bash', 'echo $# "a" # end', ['echo'], ['"a"'], ['# end']],
  ['html', '<!-- a --><p class="b">if 1</p>', ['<p', '>', '</p', '>'], ['"b"'], ['<!-- a -->']],
])('%s has its keywords, strings and comments', (language, code, keywords, strings, comments) => {
  expect(of('keyword', code, language)).toEqual(keywords);
  expect(of('string', code, language)).toEqual(strings);
  expect(of('comment', code, language)).toEqual(comments);
});

test('the keys of JSON and the lines of a diff are told apart', () => {
  expect(of('name', '{"a": "b", "c": true}', 'json')).toEqual(['"a"', '"c"']);
  expect(of('added', ' a\n+b\n-c', 'diff')).toEqual(['+b']);
  expect(of('removed', ' a\n+b\n-c', 'diff')).toEqual(['-c']);
});

test.each(['ts', 'python', 'yaml', 'sql', 'json', 'css', 'html', 'diff', 'nonsense', ''])(
  'nothing of code in %j is lost or added',
  (language) => {
    const code =
      'a = "unclosed\n/* open `\n\'x <b> #c --d: 1.2e9px @media \\u{1F600} 😀\n+x\n-y\n"""';
    expect(
      highlight(code, language)
        .map(([, text]) => text)
        .join(''),
    ).toBe(code);
  },
);

test('code in an unknown language, and very long code, stays plain', () => {
  expect(highlight('if x', 'nonsense')).toEqual([['plain', 'if x']]);
  expect(highlight('if '.repeat(MAX_COLOURED_CHARS), 'ts')).toHaveLength(1);
});

test.each([
  '"',
  "'",
  '`',
  '/*',
  '<!--',
  '#',
  '"""',
  '\\',
  'a(',
  '1e',
  '[',
  '-',
  ' ',
  '\n',
  'a:',
  '$',
])('a hostile run of %j is coloured in bounded time', (part) => {
  const code = part.repeat(MAX_COLOURED_CHARS / part.length);
  const startedAt = performance.now();
  for (const language of ['ts', 'py', 'sql', 'json', 'css', 'html', 'yaml', 'diff']) {
    highlight(code, language);
  }
  expect(performance.now() - startedAt).toBeLessThan(1_500);
});
