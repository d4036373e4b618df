/** drizzle-kit writes this between two statements of a migration. */
const BREAKPOINT = '--> statement-breakpoint';

/** A statement that only adds, and how it is told. Everything else is refused. */
const ADDING: readonly RegExp[] = [
  /^CREATE TABLE\b/i,
  /^CREATE INDEX\b/i,
  /^INSERT\b/i,
  // An index that is gone makes a query slower and a write less strict: the version before still runs.
  /^DROP INDEX\b/i,
];
const ADDED_COLUMN = /^ALTER TABLE\s+\S+\s+ADD\b/i;
const UNIQUE_INDEX = /^CREATE UNIQUE INDEX\s+(?:IF NOT EXISTS\s+)?\S+\s+ON\s+([`"\w]+)/i;

function statementsOf(sql: string): string[] {
  return sql
    .split(BREAKPOINT)
    .flatMap((part) => part.replaceAll(/^\s*--.*$/gm, '').split(/;\s*(?:\n|$)/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

function tableName(quoted: string | undefined): string {
  return (quoted ?? '').replaceAll(/[`"]/g, '');
}

/** Why a statement would break the version that runs while it is applied, or null. */
function problemOf(statement: string, all: readonly string[]): string | null {
  const firstLine = statement.split('\n')[0]?.slice(0, 120) ?? '';
  if (ADDING.some((form) => form.test(statement))) return null;
  if (ADDED_COLUMN.test(statement)) {
    const needsValue = /\bNOT NULL\b/i.test(statement) && !/\bDEFAULT\b/i.test(statement);
    return needsValue
      ? `a new column wants a value the old version does not give: ${firstLine}`
      : null;
  }
  const unique = UNIQUE_INDEX.exec(statement);
  if (unique) {
    const table = tableName(unique[1]);
    const name = /INDEX\s+(?:IF NOT EXISTS\s+)?([`"\w]+)/i.exec(statement)?.[1] ?? '';
    const isNew = all.some(
      (other) =>
        /^CREATE TABLE\b/i.test(other) &&
        tableName(/TABLE\s+(?:IF NOT EXISTS\s+)?([`"\w]+)/i.exec(other)?.[1]) === table,
    );
    const replaces = all.some((other) => /^DROP INDEX\b/i.test(other) && other.includes(name));
    return isNew || replaces
      ? null
      : `a new unique index may refuse what the old version writes: ${firstLine}`;
  }
  return `it does not only add: ${firstLine}`;
}

/** How a migration says that what it takes away is used by no version since: `-- contracts: why`. */
const REVIEWED = /^-- contracts: \S.{9,}$/m;

/**
 * What in a D1 migration the version before could not live with, a line each; none when it only adds.
 * Migrations go out before the code and stay when the code goes back, so both must run on them
 * (expand in one release, contract in a later one, whose migration says `-- contracts: why`).
 */
export function contractions(sql: string): string[] {
  if (REVIEWED.test(sql)) return [];
  const all = statementsOf(sql);
  return all.flatMap((statement) => problemOf(statement, all) ?? []);
}
