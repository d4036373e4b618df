import { open, rm } from 'node:fs/promises';
import { DatabaseSync, backup } from 'node:sqlite';

/** First bytes of every SQLite 3 file. */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** A writer holds its lock for milliseconds; a suspended one for no longer than its last commit. */
const LOCK_TIMEOUT_MS = 5_000;
/** Pages per step of a copy: 4 MB, so that the supervisor goes on answering in between. */
const PAGES_PER_STEP = 1_000;

/** @returns whether the file starts like an SQLite database. */
export async function isDatabase(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
  return bytesRead === MAGIC.length && buffer.equals(MAGIC);
}

/**
 * Copies a database, its write-ahead log included, as of one moment, whether it is in use or not,
 * and checks the copy with `PRAGMA quick_check`.
 * @returns null when the copy is sound, else what is wrong; a bad copy is removed.
 */
export async function copyChecked(source: string, copy: string): Promise<string | null> {
  try {
    using from = new DatabaseSync(source, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    await backup(from, copy, { rate: PAGES_PER_STEP });
    using made = new DatabaseSync(copy);
    // The copy is packed as one file, so it must not keep pages in a log beside it.
    made.exec('PRAGMA journal_mode = DELETE');
    const problem = quickCheck(made);
    if (problem === null) return null;
    await rm(copy, { force: true });
    return problem;
  } catch (cause) {
    await rm(copy, { force: true });
    return (cause as Error).message;
  }
}

function quickCheck(database: DatabaseSync): string | null {
  const rows = database.prepare('PRAGMA quick_check(5)').all();
  const said = rows.map((row) => String(row.quick_check));
  return said.length === 1 && said[0] === 'ok' ? null : said.join('; ');
}
