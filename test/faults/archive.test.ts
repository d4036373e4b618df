import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allText, canPad, databasesUnder, pack, pad, quickCheck, unpack } from './archive.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skm-archive-'));
  await mkdir(join(dir, 'tree/deep'), { recursive: true });
  await mkdir(join(dir, 'again'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('a padded archive streams out to what went in', async () => {
  await writeFile(join(dir, 'tree/deep/file'), 'content');
  const archive = await pack(join(dir, 'tree'));
  const padded = pad(archive, 64);
  expect(padded).toHaveLength(archive.length + 64);
  const file = join(dir, 'padded');
  await writeFile(file, padded);
  // As the supervisor reads it.
  await pipeline(createReadStream(file), createZstdDecompress(), createWriteStream(`${file}.tar`));
  await unpack(padded, join(dir, 'again'));
  expect(await readFile(join(dir, 'again/deep/file'), 'utf8')).toBe('content');
  expect(canPad(7)).toBe(false);
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
