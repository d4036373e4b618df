import { readFileSync, writeFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { r2Objects, type R2Object } from './r2-objects.ts';

export interface StoredSnapshot extends R2Object {
  id: string;
}

/** The snapshots of a tenant as they lie in the local R2, oldest first. */
export function storedSnapshots(stateDir: string, tenantId: string): StoredSnapshot[] {
  const found = r2Objects(stateDir).flatMap((object) => {
    const name = /^tenants\/([^/]+)\/snapshots\/([^/.]+)\.tar\.zst$/.exec(object.key);
    return name?.[1] === tenantId ? [{ ...object, id: name[2] ?? '' }] : [];
  });
  return found.toSorted((a, b) => a.id.localeCompare(b.id));
}

/** Everything in a snapshot, as one text. */
export function snapshotText({ file }: StoredSnapshot): string {
  return zstdDecompressSync(readFileSync(file)).toString('latin1');
}

/** Turns one bit of a stored snapshot, and answers how to turn it back. */
export function damage({ file }: StoredSnapshot): () => void {
  const bytes = readFileSync(file);
  const damaged = Buffer.from(bytes);
  const middle = Math.floor(bytes.length / 2);
  damaged[middle] = (damaged[middle] ?? 0) ^ 1;
  writeFileSync(file, damaged);
  return () => writeFileSync(file, bytes);
}
