import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { type Layout, layoutOf } from './layout.ts';
import { closeRestoredBoots } from './restored-boots.ts';
import { scratchFolder } from './testing/scratch.ts';

const now = 1_000_000;

/** A tree whose OpenClaw database is made by `sql`. */
async function treeWith(sql: string): Promise<{ layout: Layout; database: DatabaseSync }> {
  const layout = layoutOf(await scratchFolder());
  await mkdir(join(layout.state, 'state'), { recursive: true });
  const database = new DatabaseSync(join(layout.state, 'state/openclaw.sqlite'));
  database.exec(sql);
  return { layout, database };
}

const RECORD = `CREATE TABLE gateway_boot_lifecycle (boot_id TEXT NOT NULL PRIMARY KEY, pid INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL, completed_at_ms INTEGER, outcome TEXT, startup_reason TEXT, reason TEXT) STRICT;`;

it('a life that a checkpoint left open is ended, and a life that has an end keeps it', async () => {
  const { layout, database } = await treeWith(`${RECORD}
    INSERT INTO gateway_boot_lifecycle VALUES ('open', 1, 900000, NULL, NULL, NULL, NULL);
    INSERT INTO gateway_boot_lifecycle VALUES ('failed', 2, 800000, 800100, 'startup_failed', NULL, 'why');`);
  expect(closeRestoredBoots(layout, now)).toBe(1);
  const rows = database.prepare('SELECT * FROM gateway_boot_lifecycle ORDER BY boot_id').all();
  expect(rows).toMatchObject([
    { boot_id: 'failed', completed_at_ms: 800_100, outcome: 'startup_failed', reason: 'why' },
    { boot_id: 'open', completed_at_ms: now, outcome: 'forced_stop' },
  ]);
  database.close();
});

it('an OpenClaw that keeps no such record is left as it is', async () => {
  const { layout, database } = await treeWith('CREATE TABLE other (id INTEGER)');
  database.close();
  expect(closeRestoredBoots(layout, now)).toBe(0);
});

it('a tree without a database gets none', async () => {
  const layout = layoutOf(await scratchFolder());
  expect(closeRestoredBoots(layout, now)).toBe(0);
});
