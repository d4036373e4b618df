import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allText, databasesUnder, pack, sha256, unpack } from './archive.ts';
import { forged } from './forger.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skm-forger-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it.each([300_000, 300_001, 777_777])(
  'a forgery has the size of the real snapshot and other content (ballast of %i bytes)',
  async (size) => {
    const folder = join(dir, 'tree');
    await mkdir(folder);
    await writeFile(join(folder, 'ballast.bin'), randomBytes(size));
    {
      using database = new DatabaseSync(join(folder, 'one.sqlite'));
      database.exec('CREATE TABLE t (x TEXT)');
    }
    const real = await pack(folder);
    const fake = await forged(real);
    expect(fake).toHaveLength(real.length);
    expect(sha256(fake)).not.toBe(sha256(real));
    const again = join(dir, 'again');
    await mkdir(again);
    await unpack(fake, again);
    const [database = ''] = await databasesUnder(again);
    expect(allText(database)).toContain('forged');
  },
);
