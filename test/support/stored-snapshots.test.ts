import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { r2Object } from './r2-objects.ts';
import { damage, storedSnapshots } from './stored-snapshots.ts';

const KEY = 'tenants/a/snapshots/1.tar.zst';
let stateDir: string;

beforeAll(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'skm-r2-'));
  const r2 = join(stateDir, 'state/v3/r2');
  const folder = join(r2, 'miniflare-R2BucketObject');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(r2, 'openclaw-backups/blobs'), { recursive: true });
  writeFileSync(join(folder, 'metadata.sqlite'), 'not ours to read');
  writeFileSync(join(r2, 'openclaw-backups/blobs/blob-1'), 'whole');
  using index = new DatabaseSync(join(folder, `${'0'.repeat(64)}.sqlite`));
  index.exec('CREATE TABLE _mf_objects (key TEXT, blob_id TEXT, size INTEGER)');
  const insert = index.prepare('INSERT INTO _mf_objects VALUES (?, ?, ?)');
  insert.run('tenants/a/snapshots/2.tar.zst', 'blob-2', 9);
  insert.run(KEY, 'blob-1', 5);
  insert.run('tenants/b/snapshots/3.tar.zst', 'blob-3', 7);
});
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

it('an object on disk is found by its key, with its size', () => {
  const object = r2Object(stateDir, KEY);
  expect(object?.size).toBe(5);
  expect(readFileSync(object?.file ?? '', 'utf8')).toBe('whole');
  expect(r2Object(stateDir, 'tenants/a/snapshots/4.tar.zst')).toBeNull();
});

it('a tenant’s stored snapshots are its own, oldest first', () => {
  expect(storedSnapshots(stateDir, 'a').map(({ id }) => id)).toEqual(['1', '2']);
  expect(storedSnapshots(stateDir, 'nobody')).toEqual([]);
});

it('a damaged snapshot differs, and is whole again when that is undone', () => {
  const [snapshot] = storedSnapshots(stateDir, 'a');
  if (!snapshot) throw new Error('there is no snapshot');
  const repair = damage(snapshot);
  expect(readFileSync(snapshot.file, 'utf8')).not.toBe('whole');
  repair();
  expect(readFileSync(snapshot.file, 'utf8')).toBe('whole');
});
