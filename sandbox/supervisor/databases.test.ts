import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { copyChecked, isDatabase } from './databases.ts';
import { scratchFolder } from './testing/scratch.ts';

async function makeDatabase(): Promise<{ path: string; copy: string; database: DatabaseSync }> {
  const folder = await scratchFolder();
  const path = join(folder, 'a.sqlite');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t(x)');
  database.exec('BEGIN');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  for (let row = 0; row < 500; row++) insert.run(`row ${row} ${'x'.repeat(100)}`);
  database.exec('COMMIT');
  return { path, copy: join(folder, 'copy'), database };
}

it('copies a database in use together with what is only in its log', async () => {
  const { path, copy, database } = await makeDatabase();
  expect(await copyChecked(path, copy)).toBeNull();
  database.close();
  expect(await isDatabase(copy)).toBe(true);
  using made = new DatabaseSync(copy, { readOnly: true });
  expect(made.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 500 });
});

it('says what is wrong with a damaged database and leaves no copy', async () => {
  const { path, copy, database } = await makeDatabase();
  database.close();
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0x5a, 4_096 * 2, 4_096 * 6));
  expect(await copyChecked(path, copy)).toEqual(expect.any(String));
  await expect(readFile(copy)).rejects.toThrow('ENOENT');
});

it('tells a database from another file by its first bytes', async () => {
  const folder = await scratchFolder();
  await writeFile(join(folder, 'notes.sqlite'), 'SQLite is nice');
  expect(await isDatabase(join(folder, 'notes.sqlite'))).toBe(false);
});
