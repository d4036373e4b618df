import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

export type Row = Record<string, SQLInputValue>;

/** Writes rows of the same columns into a table; what is there already is replaced. */
export function insertRows(db: DatabaseSync, table: string, rows: Iterable<Row>): void {
  let insert: ((row: Row) => void) | null = null;
  for (const row of rows) {
    insert ??= insertion(db, table, Object.keys(row));
    insert(row);
  }
}

function insertion(db: DatabaseSync, table: string, names: string[]): (row: Row) => void {
  const marks = names.map((name) => `:${name}`).join(', ');
  const statement = db.prepare(
    `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${marks})`,
  );
  return (row) => void statement.run(row);
}

/** Runs changes in one transaction: thousands of rows cost one write to the disk. */
export function inTransaction(db: DatabaseSync, change: () => void): void {
  db.exec('BEGIN');
  change();
  db.exec('COMMIT');
}
