import { expect, test } from 'vitest';
import { parseDotenv } from './dotenv.ts';

test('reads names and values, with quotes, comments and export', () => {
  const source = `\uFEFF# secrets
A=plain
export B = "with # and spaces"  # comment
C='single "quotes"'
D=value # comment
E=a=b#c
F=\r
`;
  expect(Object.fromEntries(parseDotenv('.env', source))).toEqual({
    A: 'plain',
    B: 'with # and spaces',
    C: 'single "quotes"',
    D: 'value',
    E: 'a=b#c',
    F: '',
  });
});

test.each([
  ['no pair', 'A=1\nhunter2'],
  ['a quote that stays open', 'A=1\nB="hunter2'],
  ['a quote within quotes', `A=1\nB="hunter2"x"`],
  ['an escape', 'A=1\nB="hunter2\\n"'],
  ['a name that is none', 'A=1\n2B=hunter2'],
])('refuses %s by its line, without quoting it', (_, source) => {
  expect(() => parseDotenv('.env', source)).toThrow('Line 2 of .env is no NAME=value.');
  expect(() => parseDotenv('.env', source)).not.toThrow(/hunter2/);
});

test('refuses a name that is set twice, and a file without end', () => {
  expect(() => parseDotenv('.env', 'A=1\nA=2')).toThrow('.env sets A twice.');
  expect(() => parseDotenv('.env', `A=${'x'.repeat(65 * 1024)}`)).toThrow('over 65536 characters');
});
