import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { COMMANDS } from './commands/index.ts';

const folder = new URL('../.github/workflows/', import.meta.url);
const files = await Promise.all(
  (await readdir(folder)).map(async (name) => [
    name,
    await readFile(new URL(name, folder), 'utf8'),
  ]),
);

test.each(files)('%s runs only commands that skclaw has', (_, text = '') => {
  const lines = [...text.matchAll(/npx skclaw (.*)/g)].map(([, line = '']) => line);
  for (const line of lines) {
    expect(COMMANDS.some(({ name }) => line === name || line.startsWith(`${name} `))).toBe(true);
  }
});

test('a deploy goes through skclaw alone, by its two variables', () => {
  const deploy = files.find(([name]) => name === 'deploy.yml')?.[1] ?? '';
  const commands = [...deploy.matchAll(/- run: (.*)/g)].map(([, line = '']) => line);
  expect(commands.filter((line) => line !== 'npm ci' && !line.startsWith('npx skclaw '))).toEqual(
    [],
  );
  expect(deploy).toContain('SKCLAW_ENV:');
  expect(deploy).toContain('SKCLAW_CONFIG:');
  expect(deploy).not.toMatch(/wrangler/);
});
