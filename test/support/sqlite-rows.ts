import { DatabaseSync } from 'node:sqlite';

/** All rows of a table, read without disturbing whoever has the database open. */
export function sqliteRows(file: string, table: string): Record<string, unknown>[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[];
  } finally {
    db.close();
  }
}
