import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteRows } from './sqlite-rows.ts';

/** An object as the local R2 keeps it on disk. */
export interface R2Object {
  key: string;
  /** The file that holds its bytes, and nothing else. */
  file: string;
  /** Bytes, as R2 knows it. */
  size: number;
}

/** All objects of the system's bucket, read from under its state folder and past all of its code. */
export function r2Objects(stateDir: string): R2Object[] {
  const r2 = join(stateDir, 'state/v3/r2');
  const folder = join(r2, 'miniflare-R2BucketObject');
  // Beside the index of each bucket lies one of the local R2 itself.
  const indexes = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return indexes
    .flatMap((name) => sqliteRows(join(folder, name), '_mf_objects'))
    .map((row) => ({
      key: String(row['key']),
      file: join(r2, 'openclaw-backups/blobs', String(row['blob_id'])),
      size: Number(row['size']),
    }));
}

/** One object, or null when there is none of this key. */
export function r2Object(stateDir: string, key: string): R2Object | null {
  return r2Objects(stateDir).find((object) => object.key === key) ?? null;
}
