import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Layout } from './layout.ts';

/** OpenClaw's own record of its gateway's lives, in `state/openclaw.sqlite` (2026.9.6). */
const TABLE = 'gateway_boot_lifecycle';

/**
 * Notes in a restored tree that the lives it was saved from are over. A checkpoint is taken of a
 * running gateway, so that its life is open in it; OpenClaw counts lives without an end as crashes,
 * and after three in five minutes its restart breaker trips. To be called before OpenClaw starts on
 * the tree, and never for a life that did crash in this container.
 * @returns how many lives were open; 0 when this OpenClaw keeps no such record.
 * @throws the SQLite error when the record is there and cannot be written.
 */
export function closeRestoredBoots(layout: Layout, now: number): number {
  const path = join(layout.state, 'state', 'openclaw.sqlite');
  if (!existsSync(path)) return 0;
  using database = new DatabaseSync(path);
  const found = database
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`)
    .get(TABLE);
  if (found === undefined) return 0;
  const end = database.prepare(
    `UPDATE ${TABLE} SET completed_at_ms = ?, outcome = 'forced_stop', reason = 'restored from a snapshot'
     WHERE completed_at_ms IS NULL`,
  );
  return Number(end.run(now).changes);
}
