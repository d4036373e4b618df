import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

/** Snapshot archives, read and made without any code of the system under test. */

const run = promisify(execFile);
/** Starts a frame that decompressors leave out (RFC 8878, 3.1.2). */
const SKIPPABLE_FRAME = 0x184d2a50;

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Unpacks into an existing folder. Rejects when the archive is broken. */
export async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  const tar = await promisify(zstdDecompress)(archive);
  const file = `${folder}.tar`;
  await writeFile(file, tar);
  await run('tar', ['-xf', file, '-C', folder]);
}

/** Packs a folder into an archive of exactly `size` bytes. @throws when it does not fit in. */
export async function packTo(folder: string, size: number): Promise<Buffer> {
  const file = `${folder}.tar`;
  const names = await readdir(folder);
  await run('tar', ['--format=ustar', '-cf', file, '-C', folder, ...names]);
  const params = { [constants.ZSTD_c_compressionLevel]: 9 };
  const packed = await promisify(zstdCompress)(await readFile(file), { params });
  const padding = size - packed.length - 8;
  if (padding < 0) throw new Error(`${packed.length} bytes do not fit in ${size}`);
  const frame = Buffer.alloc(8 + padding);
  frame.writeUInt32LE(SKIPPABLE_FRAME, 0);
  frame.writeUInt32LE(padding, 4);
  return Buffer.concat([packed, frame]);
}

/** Every SQLite database under a folder. */
export async function databasesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.endsWith('.sqlite'));
}

/** What `PRAGMA quick_check` says; null when the database is sound. */
export function quickCheck(file: string): string | null {
  try {
    using database = new DatabaseSync(file);
    const said = database.prepare('PRAGMA quick_check').all();
    const lines = said.map((row) => String(row.quick_check));
    return lines.join() === 'ok' ? null : lines.join('; ');
  } catch (error) {
    return String(error);
  }
}

/** All text of a database, table after table: enough to find words in it, whatever its schema. */
export function allText(file: string): string {
  using database = new DatabaseSync(file);
  const tables = database
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'`)
    .all();
  return tables
    .flatMap(({ name }) => database.prepare(`SELECT * FROM "${String(name)}"`).all())
    .flatMap((row) => Object.values(row))
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)))
    .join('\n');
}
