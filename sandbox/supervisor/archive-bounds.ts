/**
 * Bytes a snapshot may unpack to: 4 GiB, half the disk of the smallest container that carries
 * OpenClaw. Packing keeps the same bound, so that what was stored can be restored.
 */
export const MAX_TREE_BYTES = 4 * 1024 ** 3;
/** Files, folders and links in a snapshot: a workspace with a dozen large node_modules. */
export const MAX_TREE_ENTRIES = 500_000;

/** Where in a snapshot an entry lies: relative, `/`-separated, without `.` and `..`. */
export function isInsidePath(name: string): boolean {
  if (name === '' || name.startsWith('/') || name.includes('\0') || name.includes('\\'))
    return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** @returns whether a link at `name` pointing to `target` stays in the tree, by its text alone. */
export function isInsideLink(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  let depth = name.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return false;
  }
  return true;
}
