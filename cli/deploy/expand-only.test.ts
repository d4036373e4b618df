import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { contractions } from './expand-only.ts';

const folder = new URL('../../db/migrations/', import.meta.url);

test.each((await readdir(folder)).filter((name) => name.endsWith('.sql')))(
  '%s of this release only adds',
  async (name) => {
    expect(contractions(await readFile(new URL(name, folder), 'utf8'))).toEqual([]);
  },
);

test.each([
  'CREATE TABLE `a` (`id` text PRIMARY KEY NOT NULL);',
  '-- why\nALTER TABLE `a` ADD `b` text;',
  'ALTER TABLE a ADD COLUMN b integer DEFAULT 0 NOT NULL;',
  'CREATE TABLE `a` (`id` text);\n--> statement-breakpoint\nCREATE UNIQUE INDEX `x` ON `a` (`id`);',
  'DROP INDEX `x`;--> statement-breakpoint\nCREATE UNIQUE INDEX `x` ON `a` (`id`) WHERE `b` IS NULL;',
  "INSERT OR IGNORE INTO a VALUES ('DROP TABLE b; --');",
])('%s only adds', (sql) => {
  expect(contractions(sql)).toEqual([]);
});

test.each([
  ['DROP TABLE `a`;', 'it does not only add'],
  ['ALTER TABLE `a` DROP COLUMN `b`;', 'it does not only add'],
  ['ALTER TABLE `a` RENAME TO `b`;', 'it does not only add'],
  ['ALTER TABLE `a` RENAME COLUMN `b` TO `c`;', 'it does not only add'],
  ['DELETE FROM `a`;', 'it does not only add'],
  ['UPDATE `a` SET `b` = 1;', 'it does not only add'],
  ['PRAGMA foreign_keys=OFF;', 'it does not only add'],
  ['ALTER TABLE `a` ADD `b` text NOT NULL;', 'wants a value'],
  ['CREATE UNIQUE INDEX `x` ON `a` (`b`);', 'unique index'],
  ['CREATE TABLE `z` (`id` text);\n--> statement-breakpoint\ndrop table `a`;', 'it does not only'],
])('%s would break the version before', (sql, reason) => {
  expect(contractions(sql)).toEqual([expect.stringContaining(reason)]);
});

test('a later release may take away what it says nobody uses since', () => {
  const sql =
    '-- contracts: tenants.plan is not read since 0.3.0\nALTER TABLE tenants DROP COLUMN plan;';
  expect(contractions(sql)).toEqual([]);
  expect(contractions('-- contracts:\nDROP TABLE a;')).toHaveLength(1);
});
