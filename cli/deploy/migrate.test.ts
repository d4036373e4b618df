import { expect, test } from 'vitest';
import { folderWith } from '../testing/harness.ts';
import { migrate } from './migrate.ts';
import type { Programs } from './programs.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Migrates a project of two migrations; wrangler lists them as `listed`. */
async function migrated(listed: string) {
  const root = await folderWith();
  const folder = join(root, 'db/migrations');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '0001_a.sql'), 'CREATE TABLE a (id text);');
  await writeFile(join(folder, '10001_a.sql'), 'CREATE TABLE b (id text);');
  const asked: string[] = [];
  const wrangler: Programs['wrangler'] = (args) => {
    asked.push(args[2] ?? '');
    return Promise.resolve({ stdout: args[2] === 'list' ? listed : '', outputs: [] });
  };
  const programs = { wrangler } as Programs;
  const said = await migrate(programs, { root, configFile: 'f', isFirst: false });
  return { said, asked };
}

test('applies what wrangler lists, by its whole name', async () => {
  const table = '│ name        │\n├─────────────┤\n│ 10001_a.sql │\n';
  const { said, asked } = await migrated(`Migrations to be applied:\n${table}`);
  expect(said).toBe('applied 10001_a.sql');
  expect(asked).toEqual(['list', 'apply']);
});

test('a database that has them all is left alone', async () => {
  const { said, asked } = await migrated('✅ No migrations to apply!');
  expect(said).toBe('the database has them all');
  expect(asked).toEqual(['list']);
});

test('an answer that says neither is no reason to go on', async () => {
  await expect(migrated('Pending: 2')).rejects.toMatchObject({ code: 'upstream_failed' });
});
