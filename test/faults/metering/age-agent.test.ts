import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { ageAgent } from './age-agent.ts';
import { readAgent } from './books.ts';

const HOUR = 3_600_000;
const DAY = Date.UTC(2026, 10, 22);
const dir = mkdtempSync(join(tmpdir(), 'skm-age-'));
const file = join(dir, 'agent.sqlite');
afterEach(() => rmSync(dir, { recursive: true }));

it('an attempt that comes to lie on the day before holds tokens no more, and still holds money', () => {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE cells (key text PRIMARY KEY, value text);
    CREATE TABLE due (kind text, key text, at integer, attempts integer, PRIMARY KEY (kind, key));
    CREATE TABLE attempts (id text, state text, created_at integer, lookup_at integer,
      reserved_tokens integer, reserved_nano integer);`);
  const add = database.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, 100, 1000)');
  add.run('early.1', 'open', DAY + HOUR, 0);
  add.run('late.1', 'unsettled', DAY + 3 * HOUR, 0);
  add.run('older.1', 'open', DAY - HOUR, 0);
  add.run('done.1', 'flushed', DAY + HOUR, 0);
  const meters = {
    minute: { start: DAY, calls: 3, turns: 0 },
    day: { start: DAY, tokens: 10, heldTokens: 200 },
    month: { start: Date.UTC(2026, 10), nano: 50, heldNano: 2_000, percent: 0 },
  };
  database.prepare(`INSERT INTO cells VALUES ('meters', ?)`).run(JSON.stringify(meters));
  database.close();

  ageAgent(file, 2 * HOUR);

  const aged = readAgent({ tenantId: 'tenant-a', file });
  expect(aged.meters.day).toEqual({ start: DAY, tokens: 10, heldTokens: 100 });
  expect(aged.meters.month).toMatchObject({ nano: 50, heldNano: 2_000 });
});
