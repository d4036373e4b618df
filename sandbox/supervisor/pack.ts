import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { type Pack, pack as tarPack } from 'tar-stream';
import { SnapshotError } from './snapshot-error.ts';
import type { TreeEntry } from './tree.ts';

/** Bytes read at once from a file that is packed. */
const CHUNK_BYTES = 256 * 1024;

/** A packed archive on disk. */
export interface Packed {
  size: number;
  sha256: string;
}

/**
 * Packs entries into a tar.zst file, counting and hashing what is written.
 * @param input.copies checked copies to take in place of the files of that name.
 * @throws SnapshotError `snapshot_too_large` as soon as the file would pass `maxBytes`.
 */
export async function packTree(input: {
  root: string;
  entries: readonly TreeEntry[];
  copies: ReadonlyMap<string, string>;
  file: string;
  maxBytes: number;
  signal: AbortSignal;
}): Promise<Packed> {
  const archive = tarPack();
  const hash = createHash('sha256');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.byteLength;
      hash.update(chunk);
      if (size <= input.maxBytes) return done(null, chunk);
      done(new SnapshotError('snapshot_too_large', `It is larger than ${input.maxBytes} bytes.`));
    },
  });
  const target = createWriteStream(input.file, { mode: 0o600 });
  const written = pipeline(archive, createZstdCompress(), meter, target, { signal: input.signal });
  const filled = fill(archive, input).catch((cause: Error) => archive.destroy(cause));
  await Promise.all([written, filled]);
  return { size, sha256: hash.digest('hex') };
}

async function fill(
  archive: Pack,
  input: { root: string; entries: readonly TreeEntry[]; copies: ReadonlyMap<string, string> },
): Promise<void> {
  for (const entry of input.entries) {
    const { name, type, stats } = entry;
    const header = { name, type, mode: stats.mode & 0o777, mtime: stats.mtime, uid: 0, gid: 0 };
    const copy = input.copies.get(name);
    if (type === 'symlink') await addEmpty(archive, { ...header, linkname: entry.target ?? '' });
    else if (type === 'directory') await addEmpty(archive, header);
    else if (copy !== undefined) await addFile(archive, header, await open(copy, 'r'));
    else {
      const file = await openInside(entry.path, input.root);
      if (file !== null) await addFile(archive, header, file);
    }
  }
  archive.finalize();
}

type Header = Parameters<Pack['entry']>[0];

function addEmpty(archive: Pack, header: Header): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Adds a file with the size it has now. One that shrinks meanwhile is filled up with zeros and one
 * that grows is cut, since the size stands before the content in a tar.
 */
async function addFile(archive: Pack, header: Header, file: FileHandle): Promise<void> {
  await using source = file;
  const { size } = await source.stat();
  const added = Promise.withResolvers<undefined>();
  const sink = archive.entry({ ...header, size }, (error) =>
    error ? added.reject(error) : added.resolve(undefined),
  );
  sink.on('error', added.reject);
  // A broken archive may say so before anybody waits for this entry.
  added.promise.catch(() => {});
  let left = size;
  while (left > 0) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, left));
    const { bytesRead } = await source.read(chunk, 0, chunk.length, size - left);
    const part = bytesRead === 0 ? chunk : chunk.subarray(0, bytesRead);
    left -= part.length;
    if (!sink.write(part)) await Promise.race([drained(sink), added.promise]);
  }
  sink.end(undefined);
  await added.promise;
}

function drained(sink: ReturnType<Pack['entry']>): Promise<void> {
  return new Promise((resolve) => sink.once('drain', () => resolve()));
}

/**
 * Opens a file of the tree without following a link, and checks where the descriptor really points:
 * a folder on the way may have been swapped for a link by whoever owns the tree.
 */
async function openInside(path: string, root: string): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return null;
  const real = await readlink(`/proc/self/fd/${file.fd}`).catch(() => path);
  const isInside = real.startsWith(root + sep) && (await file.stat()).isFile();
  if (isInside) return file;
  await file.close();
  return null;
}
