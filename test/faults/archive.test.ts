import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allText, databasesUnder, packTo, quickCheck, unpack } from './archive.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skm-archive-'));
  await mkdir(join(dir, 'tree/deep'), { recursive: true });
  await mkdir(join(dir, 'again'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('an archive has exactly the wanted size, and unpacks to what went in', async () => {
  await writeFile(join(dir, 'tree/deep/file'), 'content');
  const archive = await packTo(join(dir, 'tree'), 5_000);
  expect(archive).toHaveLength(5_000);
  await unpack(archive, join(dir, 'again'));
  expect(await readFile(join(dir, 'again/deep/file'), 'utf8')).toBe('content');
  await expect(packTo(join(dir, 'tree'), 20)).rejects.toThrow('do not fit');
});

it('the words of a database are found, and damage is', async () => {
  const file = join(dir, 'tree/deep/one.sqlite');
  {
    using database = new DatabaseSync(file);
    database.exec(`CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('a word')`);
  }
  expect(await databasesUnder(join(dir, 'tree'))).toEqual([file]);
  expect(allText(file)).toBe('a word');
  expect(quickCheck(file)).toBeNull();
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0xff, 4_096));
  expect(quickCheck(file)).not.toBeNull();
});
