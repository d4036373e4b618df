import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_TREE_BYTES, MAX_TREE_ENTRIES, isInsideLink } from './archive-bounds.ts';
import { SnapshotError } from './snapshot-error.ts';

/** One thing to pack; `name` is its path in the archive. */
export interface TreeEntry {
  name: string;
  path: string;
  type: 'file' | 'directory' | 'symlink';
  stats: Stats;
  target: string | null;
}

/**
 * What a next generation makes anew or must not see, by path in the tree: caches, temporary files
 * and logs. A folder of the same name inside the workspace is the user's and stays.
 */
const EXCLUDED = [
  /^openclaw\/(tmp|cache|logs)$/,
  /^openclaw\/agents\/[^/]+\/(tmp|cache)$/,
  // What OpenClaw keeps of a session after it was deleted.
  /^openclaw\/agents\/[^/]+\/sessions\/[^/]+\.deleted\.[^/]*$/,
  /^home\/(\.cache|\.npm|\.openclaw\/(tmp|cache|logs))$/,
];

/**
 * Lists what a snapshot holds, folders before what is in them. Sockets, pipes and devices are left
 * out, and so are links that would leave the tree: a restore refuses them.
 * @throws SnapshotError `snapshot_too_large` past the bounds a restore has too.
 */
export async function listTree(root: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  let bytes = 0;
  const visit = async (folder: string): Promise<void> => {
    for (const file of (await readdir(join(root, folder))).toSorted()) {
      const name = folder === '' ? file : `${folder}/${file}`;
      const entry = await describe(root, name);
      if (entry === null) continue;
      entries.push(entry);
      bytes += entry.stats.size;
      if (entries.length > MAX_TREE_ENTRIES || bytes > MAX_TREE_BYTES)
        throw new SnapshotError('snapshot_too_large', 'The agent holds more than can be restored.');
      if (entry.type === 'directory') await visit(name);
    }
  };
  await visit('');
  return entries;
}

async function describe(root: string, name: string): Promise<TreeEntry | null> {
  if (EXCLUDED.some((pattern) => pattern.test(name)) || name.includes('\\')) return null;
  const path = join(root, name);
  // Gone since it was listed, or a name that is not UTF-8: neither can be packed.
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return null;
  if (stats.isDirectory()) return { name, path, type: 'directory', stats, target: null };
  if (stats.isFile()) return { name, path, type: 'file', stats, target: null };
  if (!stats.isSymbolicLink()) return null;
  const target = await readlink(path).catch(() => '');
  return isInsideLink(name, target) ? { name, path, type: 'symlink', stats, target } : null;
}
