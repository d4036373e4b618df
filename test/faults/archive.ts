import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

/** Snapshot archives, read and made without any code of the system under test. */

const run = promisify(execFile);
/** Starts a frame that decompressors leave out (RFC 8878, 3.1.2). */
const SKIPPABLE_FRAME = 0x184d2a50;
const FRAME_HEADER_BYTES = 8;
/**
 * Node's streaming decompressor stumbles over such a frame that comes in two pieces, so it is short; an
 * archive's size moves in tar's steps of 512, bytes.
 */
const MAX_PADDING_BYTES = 1_100;

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Unpacks into an existing folder. Rejects when the archive is broken. */
export async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  const tar = await promisify(zstdDecompress)(archive);
  const file = `${folder}.tar`;
  await writeFile(file, tar);
  await run('tar', ['-xf', file, '-C', folder]);
}

/** Packs a folder. */
export async function pack(folder: string): Promise<Buffer> {
  const file = `${folder}.tar`;
  const names = await readdir(folder);
  await run('tar', ['--format=ustar', '-cf', file, '-C', folder, ...names]);
  return promisify(zstdCompress)(await readFile(file));
}

/** Whether an archive that is shorter by `missing` bytes can be filled up. */
export const canPad = (missing: number): boolean =>
  missing >= FRAME_HEADER_BYTES && missing <= MAX_PADDING_BYTES;

/** The same archive, longer by `missing` bytes, which mean nothing. */
export function pad(archive: Buffer, missing: number): Buffer {
  const frame = Buffer.alloc(missing);
  frame.writeUInt32LE(SKIPPABLE_FRAME, 0);
  frame.writeUInt32LE(missing - FRAME_HEADER_BYTES, 4);
  return Buffer.concat([archive, frame]);
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
