import type { DatabaseSync } from 'node:sqlite';
import { Refusal } from './call.ts';

export interface Query {
  sql: string;
  params?: string[];
}

/** What a statement cannot be cut within: quoted text and names, comments, a trigger's body. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|\bCREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b|\b(?:BEGIN|CASE|END)\b|;/gi;

/** The statements of a text, without empty ones. */
export function splitSql(text: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let isTrigger = false;
  let depth = 0;
  const cut = (end: number): void => {
    const statement = text.slice(start, end);
    start = end;
    isTrigger = false;
    if (statement.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\/|[\s;]/g, '') !== '')
      statements.push(statement.trim());
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const word = token.toUpperCase();
    if (word.startsWith('CREATE')) isTrigger = true;
    else if (isTrigger && (word === 'BEGIN' || word === 'CASE')) depth += 1;
    else if (isTrigger && word === 'END') depth -= 1;
    else if (token === ';' && depth === 0) cut(index + 1);
  }
  cut(text.length);
  return statements;
}

/**
 * Runs queries as D1's API does: each of their statements has a result, and all of them are one
 * transaction. SQLite's own refusal is D1's error 7500.
 */
export function runQueries(sqlite: DatabaseSync, queries: readonly Query[]): unknown[] {
  sqlite.exec('BEGIN');
  try {
    const results = queries.flatMap(({ sql, params = [] }) =>
      splitSql(sql).map((statement) => {
        const prepared = sqlite.prepare(statement);
        const results = prepared.all(...params);
        return {
          results,
          success: true,
          meta: { duration: 0.1, rows_read: results.length, rows_written: 0, changes: 0 },
        };
      }),
    );
    sqlite.exec('COMMIT');
    return results;
  } catch (error) {
    sqlite.exec('ROLLBACK');
    throw new Refusal(400, 7500, `${error instanceof Error ? error.message : error}: SQLITE_ERROR`);
  }
}
