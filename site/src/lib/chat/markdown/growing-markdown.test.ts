import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BLOCKS_PER_CHUNK,
  EMPTY_MARKDOWN,
  MAX_STEP_CHARS,
  readOn,
  type GrowingMarkdown,
} from './growing-markdown.ts';

const raws = ({ blocks }: GrowingMarkdown): string[] => blocks.map(({ token }) => token.raw);
function readAll(text: string): GrowingMarkdown {
  let markdown = readOn(EMPTY_MARKDOWN, text);
  while (!markdown.isWhole) markdown = readOn(markdown, text);
  return markdown;
}
const SAMPLE = [
  '# Title',
  'A paragraph with **bold**, `code` and a [link](https://example.com).',
  'Setext\n===',
  '- one\n- two\n\n  still two\n- three\n  1. deep\n  2. deeper',
  '```ts\nconst a = 1;\n\nconst b = 2;\n```',
  '> quoted\ngoes on\n\n> again',
  '| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |',
  '    indented\n\n    more',
  '<div>\n\n*x*\n\n</div>',
  '***',
  'Last words',
].join('\n\n');

test('an answer read in pieces has the blocks of one read at once', () => {
  const pieces = fc.array(
    fc.constantFrom(...SAMPLE.match(/[\s\S]{1,7}/g)!, '\n', '\n\n', '- ', '```\n'),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      let grown = EMPTY_MARKDOWN;
      let text = '';
      for (const part of parts) grown = readOn(grown, (text += part));
      expect(raws(grown)).toEqual(raws(readAll(text)));
    }),
    { numRuns: 300 },
  );
});

test('settled blocks are the same objects as before, and unchanged ones are drawn as they are', () => {
  const first = readAll('One.\n\nTwo.\n\nThr');
  const second = readOn(first, 'One.\n\nTwo.\n\nThree');
  expect(second.settled).toBe(1);
  expect(second.blocks[0]).toBe(first.blocks[0]);
  expect(second.blocks[1]?.token).toBe(first.blocks[1]?.token);
  expect(second.blocks[2]?.token).not.toBe(first.blocks[2]?.token);
});

test('a chunk of blocks in which nothing changed is the very one from before', () => {
  const text = 'A paragraph.\n\n'.repeat(BLOCKS_PER_CHUNK * 2);
  const first = readAll(text);
  const second = readOn(first, `${text}Another`);
  expect(second.chunks.map(({ length }) => length)).toEqual([
    BLOCKS_PER_CHUNK,
    BLOCKS_PER_CHUNK,
    1,
  ]);
  expect(second.chunks[0]).toBe(first.chunks[0]);
  expect(second.chunks.flat()).toEqual(second.blocks);
});

test('headings follow the page’s own without skipping a level', () => {
  const text = '### A\n\nWords.\n\n# B\n\n## C\n\n#### D\n\n# E';
  expect(readAll(text).blocks.map(({ level }) => level)).toEqual([2, 2, 2, 3, 4, 2]);
});

test('the items of a list that grows stay the same objects', () => {
  const items = (markdown: GrowingMarkdown): unknown[] => {
    const token = markdown.blocks[0]?.token;
    return token?.type === 'list' ? token['items'] : [];
  };
  const first = readAll('- one\n- two\n- thr');
  const second = readOn(first, '- one\n- two\n- three');
  expect(items(second)).toHaveLength(3);
  expect(items(second)[0]).toBe(items(first)[0]);
  expect(items(second)[1]).toBe(items(first)[1]);
});

test('an answer that started over is read anew', () => {
  expect(raws(readOn(readAll('One.\n\nTwo.'), 'Other.'))).toEqual(['Other.']);
  expect(raws(readOn(readAll('One.'), ''))).toEqual([]);
});

test('an address that comes after its link makes it a link', () => {
  const first = readAll('See [here][1].\n\nMore.\n\n');
  expect(JSON.stringify(first.blocks)).not.toContain('"link"');
  const second = readOn(first, 'See [here][1].\n\nMore.\n\n[1]: https://example.com\n');
  expect(JSON.stringify(second.blocks)).toContain('"link"');
});

test('a very long answer is read in steps, each of a bounded length', () => {
  const text = `${'A paragraph of words.\n\n'.repeat(40_000)}End`;
  let markdown = EMPTY_MARKDOWN;
  let steps = 0;
  do {
    const before = markdown.text.length;
    markdown = readOn(markdown, text);
    expect(markdown.text.length - before).toBeLessThanOrEqual(MAX_STEP_CHARS);
    steps += 1;
  } while (!markdown.isWhole);
  expect(steps).toBe(Math.ceil(text.length / MAX_STEP_CHARS));
  expect(raws(markdown).at(-1)).toBe('End');
});

test('one block of a megabyte is read in few steps', () => {
  const text = `\`\`\`\n${'const a = 1;\n'.repeat(80_000)}\`\`\``;
  let steps = 0;
  for (let markdown = EMPTY_MARKDOWN; markdown.text.length < text.length; steps += 1) {
    markdown = readOn(markdown, text);
  }
  expect(steps).toBeLessThan(12);
});

test('line ends of Windows are read like others', () => {
  const markdown = readAll('One.\r\n\r\nTwo.');
  expect(raws(markdown)).toEqual(['One.', 'Two.']);
  expect(readOn(markdown, 'One.\r\n\r\nTwo.')).toBe(markdown);
});

const HOSTILE_CHARS = 32_000;
/** Patterns that make readers of markdown slow or exhaust their stack. */
test.each([
  ['brackets', '['.repeat(HOSTILE_CHARS)],
  ['links that never close', '[a]('.repeat(8_000)],
  ['images', '![a]('.repeat(6_000)],
  ['stars', '*a '.repeat(10_000)],
  ['double stars', '**a'.repeat(10_000)],
  ['underscores', '_'.repeat(HOSTILE_CHARS)],
  ['tildes', '~~a '.repeat(8_000)],
  ['backticks', Array.from({ length: 250 }, (_, n) => '`'.repeat(n)).join(' ')],
  ['quotes', '>'.repeat(HOSTILE_CHARS)],
  ['nested lists', '- '.repeat(16_000)],
  ['numbered lists', '1. '.repeat(10_000)],
  ['tables', `${'|'.repeat(10_000)}\n${'-|'.repeat(10_000)}`],
  ['angle brackets', '<'.repeat(HOSTILE_CHARS)],
  ['at signs', 'a@'.repeat(16_000)],
  ['addresses', 'http://'.repeat(4_500)],
  ['entities', '&#'.repeat(16_000)],
  ['definitions', '[a]: '.repeat(6_000)],
  ['backslashes', '\\'.repeat(HOSTILE_CHARS)],
])('a hostile run of %s is read in bounded time', (_, text) => {
  const startedAt = performance.now();
  expect(raws(readAll(text)).join('')).not.toBe('');
  const ms = performance.now() - startedAt;
  expect(ms).toBeLessThan(1_000);
});
