import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { documentedLines, shellWords } from './testing/command-lines.ts';
import { skclaw } from './testing/harness.ts';

const documents = await Promise.all(
  ['README.md', 'CONTRIBUTING.md', 'docs/runbook.md'].map(async (name) => {
    const text = await readFile(new URL(`../${name}`, import.meta.url), 'utf8');
    return { name, ...documentedLines(text) };
  }),
);
const linesOf = (kind: 'blocks' | 'inline') =>
  documents.flatMap(({ name, [kind]: lines }) =>
    lines.map(({ line, text, argv }) => [`${name}:${line}`, text, argv] as const),
  );

/** What a command comes to where nothing answers, and nothing can be started. */
const tried = (argv: readonly string[]) =>
  skclaw(argv, {
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    execute: () => Promise.reject(new Error('nothing is started')),
  });

test('the documents name commands', () => {
  expect(linesOf('blocks').length).toBeGreaterThan(60);
  expect(linesOf('inline').length).toBeGreaterThan(10);
});

test.each(linesOf('blocks'))('%s can be typed: %s', async (_, __, argv) => {
  const { code, stderr } = await tried(argv);
  // It fails, since nothing answers, but never by what was typed.
  if (code !== 0) expect(stderr).not.toContain('invalid_usage');
});

test.each(linesOf('inline'))('%s names what there is: %s', async (_, __, argv) => {
  if (argv.includes('…')) return;
  const { code, stderr } = await tried(argv);
  if (code !== 0) expect(stderr).not.toMatch(/There is no (?:command|option)/);
});

describe('a command line', () => {
  test.each([
    ['tenant list', ['tenant', 'list']],
    ['tenant list   # all of them', ['tenant', 'list']],
    [
      'routing set --note "kimi is down" --tier premium',
      ['routing', 'set', '--note', 'kimi is down', '--tier', 'premium'],
    ],
    ["a --b='c d' | jq .", ['a', '--b=c d']],
    ['usage > file', ['usage']],
    ['agent wake --wait && echo', ['agent', 'wake', '--wait']],
  ])('is read as a shell does: %s', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  test('is found in shell blocks and in the text, and not in output', () => {
    const text =
      'See `skclaw x` or `npm`.\n```console\n$ skclaw a b\nskclaw says\n```\n```text\nskclaw c\n```\n  ```sh\n  npx skclaw d # e\n  ```';
    const { blocks, inline } = documentedLines(text);
    expect(inline.map(({ line, argv }) => [line, argv])).toEqual([[1, ['x']]]);
    expect(blocks.map(({ line, argv }) => [line, argv])).toEqual([
      [3, ['a', 'b']],
      [10, ['d']],
    ]);
  });
});
