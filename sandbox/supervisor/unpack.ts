import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { MAX_TREE_BYTES, MAX_TREE_ENTRIES, isInsideLink, isInsidePath } from './archive-bounds.ts';

/** An archive that must not be unpacked; the message names the entry. */
class HostileArchive extends Error {
  override name = 'HostileArchive';
}

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

interface Link {
  name: string;
  target: string;
}

/**
 * Unpacks a tar.zst into an empty folder. Only folders, regular files and links that stay inside
 * are made; links come last, so that no file is ever written through one.
 * @throws HostileArchive for anything else, Error for a damaged archive.
 */
export async function unpack(file: string, folder: string): Promise<{ entries: number }> {
  if ((await readdir(folder)).length > 0) throw new Error('the folder to unpack into is not empty');
  const archive = extract();
  const links: Link[] = [];
  let entries = 0;
  let bytes = 0;
  const feed = pipeline(createReadStream(file), createZstdDecompress(), archive);
  // The loop below rejects with the better message; this one must not go unhandled meanwhile.
  feed.catch(() => {});
  for await (const entry of archive) {
    entries += 1;
    bytes += entry.header.size;
    if (entries > MAX_TREE_ENTRIES || bytes > MAX_TREE_BYTES)
      throw new HostileArchive('the archive unpacks to more than a snapshot may hold');
    const link = await makeEntry(entry, folder);
    if (link !== null) links.push(link);
  }
  await feed;
  for (const link of links) await makeLink(link, folder);
  return { entries };
}

/** Makes a file or folder, or returns the link to be made later. */
async function makeEntry(entry: Entry, folder: string): Promise<Link | null> {
  const { type, linkname, mode } = entry.header;
  const name = entry.header.name.replace(/\/$/, '');
  if (!isInsidePath(name)) throw new HostileArchive(`"${name}" leaves the folder`);
  const path = join(folder, name);
  if (type === 'directory') {
    entry.resume();
    await mkdir(path, { recursive: true, mode: (mode & 0o777) | 0o700 });
    return null;
  }
  if (type === 'symlink') {
    entry.resume();
    if (!isInsideLink(name, linkname)) throw new HostileArchive(`the link "${name}" leaves`);
    return { name, target: linkname };
  }
  if (type !== 'file') throw new HostileArchive(`"${name}" is a ${type}`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Exclusive: a second entry of the same name cannot replace the first.
  await using target = await open(path, 'wx', mode & 0o777);
  for await (const chunk of entry as AsyncIterable<Uint8Array>) await target.writeFile(chunk);
  return null;
}

async function makeLink({ name, target }: Link, folder: string): Promise<void> {
  const parents = name.split('/').slice(0, -1);
  for (let depth = 1; depth <= parents.length; depth++) {
    const parent = join(folder, ...parents.slice(0, depth));
    const kind = await lstat(parent).catch(() => null);
    if (kind === null) await mkdir(parent, { mode: 0o700 });
    else if (!kind.isDirectory()) throw new HostileArchive(`"${name}" lies behind a link`);
  }
  await symlink(target, join(folder, name));
}
