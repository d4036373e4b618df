import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { COMMANDS } from '../commands/index.ts';

test('every command of skclaw that a check names is one', async () => {
  const folder = new URL('.', import.meta.url);
  const files = (await readdir(folder)).filter((name) => !name.endsWith('.test.ts'));
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  const named = sources.flatMap((source) =>
    [...source.matchAll(/\bskclaw ([a-z]+(?: (?!do\b)[a-z]+)?)/g)].map(
      ([, command = '']) => command,
    ),
  );
  const known = new Set(COMMANDS.map(({ name }) => name));
  expect(named.length).toBeGreaterThan(5);
  const unknown = named.filter((name) => !known.has(name) && !known.has(name.split(' ')[0] ?? ''));
  expect(unknown).toEqual([]);
});
