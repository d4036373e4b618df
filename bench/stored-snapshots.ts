import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteRows } from '../test/support/sqlite-rows.ts';

/**
 * Finds a tenant's newest snapshot in the local R2: what the system itself would restore from, as
 * the file that Miniflare keeps. Keys end in a ULID, so the last in order is the newest.
 */
export function newestSnapshotFile(stateDir: string, tenantId: string): string {
  const r2 = join(stateDir, 'state/v3/r2');
  const index = join(r2, 'miniflare-R2BucketObject');
  const objects = readdirSync(index)
    .filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file))
    .flatMap((file) => sqliteRows(join(index, file), '_mf_objects'))
    .map(({ key, blob_id: blob }) => ({ key: String(key), blob: String(blob) }))
    .filter(({ key }) => key.startsWith(`tenants/${tenantId}/snapshots/`))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const newest = objects.at(-1);
  if (newest === undefined) throw new Error(`${tenantId} has no snapshot in ${r2}`);
  return join(r2, 'openclaw-backups/blobs', newest.blob);
}
