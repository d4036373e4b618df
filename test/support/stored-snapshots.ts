import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { sqliteRows } from './sqlite-rows.ts';

export interface StoredSnapshot {
  id: string;
  key: string;
  /** The object's bytes as the local R2 keeps them on disk. */
  file: string;
}

/** The snapshots of a tenant as they lie in the local R2, oldest first. */
export function storedSnapshots(stateDir: string, tenantId: string): StoredSnapshot[] {
  const r2 = join(stateDir, 'state/v3/r2');
  const found: StoredSnapshot[] = [];
  for (const name of readdirSync(join(r2, 'miniflare-R2BucketObject'))) {
    if (!/^[0-9a-f]{64}\.sqlite$/.test(name)) continue;
    for (const row of sqliteRows(join(r2, 'miniflare-R2BucketObject', name), '_mf_objects')) {
      const key = String(row['key']);
      const id = /^tenants\/([^/]+)\/snapshots\/([^/.]+)\.tar\.zst$/.exec(key);
      if (id?.[1] !== tenantId) continue;
      const file = join(r2, 'openclaw-backups/blobs', String(row['blob_id']));
      found.push({ id: id[2] ?? '', key, file });
    }
  }
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
