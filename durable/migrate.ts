import generated from '../db/agent/migrations/migrations.js';

interface Migration {
  name: string;
  statements: string[];
  checksum: string;
}

/** FNV-1a over the text, 32 bits: it tells a changed migration from the one that was applied. */
export function checksumOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function bundledMigrations(): Migration[] {
  const { journal, migrations } = generated;
  return journal.entries.map((entry) => {
    const key = `m${String(entry.idx).padStart(4, '0')}`;
    const text = migrations[key];
    if (text === undefined) throw new Error(`migration ${entry.tag} is not in the bundle`);
    const statements = text
      .split('--> statement-breakpoint')
      .map((part) => part.trim())
      .filter(Boolean);
    return { name: entry.tag, statements, checksum: checksumOf(text) };
  });
}

/**
 * Brings an agent's SQLite to this release's schema. Migrations append and are additive for one
 * release: an applied one that changed is refused, an unknown later one is left alone, since the
 * version before must still run after a roll-back.
 */
export function migrate(storage: DurableObjectStorage): void {
  const { sql } = storage;
  sql.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)');
  const applied = new Map(
    sql
      .exec<{ name: string; checksum: string }>('SELECT name, checksum FROM migrations')
      .toArray()
      .map((row) => [row.name, row.checksum]),
  );
  for (const migration of bundledMigrations()) {
    const before = applied.get(migration.name);
    if (before === migration.checksum) continue;
    if (before !== undefined) {
      throw new Error(`migration ${migration.name} changed after it was applied`);
    }
    storage.transactionSync(() => {
      for (const statement of migration.statements) sql.exec(statement);
      sql.exec('INSERT INTO migrations VALUES (?, ?)', migration.name, migration.checksum);
    });
  }
}
