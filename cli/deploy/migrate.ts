import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { contractions } from './expand-only.ts';
import type { Programs } from './programs.ts';

const FOLDER = 'db/migrations';

/** What wrangler says of a database that has them all. */
const NONE_PENDING = 'No migrations to apply';

/** Names of migrations in what wrangler lists as not applied yet. Throws when it lists nothing. */
function pendingOf(listed: string, known: readonly string[]): string[] {
  const words = new Set(listed.split(/[\s│|]+/));
  const pending = known.filter((name) => words.has(name));
  if (pending.length === 0 && !listed.includes(NONE_PENDING)) {
    // Taken for "none", it would release code onto a database that lacks its tables.
    throw new AppError('upstream_failed', 'wrangler did not say which migrations are pending.');
  }
  return pending;
}

/**
 * Applies the D1 migrations that the database lacks. While a version serves they must only add,
 * since it goes on running on them: `invalid_config` names what does not.
 */
export async function migrate(
  programs: Programs,
  options: { root: string; configFile: string; isFirst: boolean },
): Promise<string> {
  const { root, configFile, isFirst } = options;
  const folder = join(root, FOLDER);
  const known = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  const common = ['DB', '--remote', '--config', configFile];
  const { stdout } = await programs.wrangler(['d1', 'migrations', 'list', ...common]);
  const pending = pendingOf(stdout, known);
  if (pending.length === 0) return 'the database has them all';
  const problems = isFirst
    ? []
    : (
        await Promise.all(
          pending.map(async (name) =>
            contractions(await readFile(join(folder, name), 'utf8')).map(
              (why) => `${name}: ${why}`,
            ),
          ),
        )
      ).flat();
  if (problems.length > 0) {
    throw new AppError(
      'invalid_config',
      `The version that serves could not run on ${problems[0]}`,
      {
        hint: 'Expand in this release, contract in a later one: docs/runbook.md, "Migrations".',
        details: problems,
      },
    );
  }
  await programs.wrangler(['d1', 'migrations', 'apply', ...common]);
  return `applied ${pending.join(', ')}`;
}
