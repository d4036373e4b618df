import { getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { UsageRow } from '../../contract/usage.ts';
import { usage } from '../schema.ts';

/** The columns of `usage` in the order of the schema. */
export const USAGE_COLUMNS = Object.keys(getTableColumns(usage)) as (keyof UsageRow)[];

/**
 * Rows as one JSON text for `json_each`: each is an array of its values in the order of the columns.
 * The text is half as long as with names, and SQLite reads it that much faster.
 */
export function usageJson(rows: readonly UsageRow[]): string {
  return JSON.stringify(rows.map((row) => USAGE_COLUMNS.map((column) => row[column])));
}

/**
 * The rows of such a text as a table in SQL. LIMIT keeps the value of each as one text for all of its
 * columns: without it `json_each` makes that anew for every one, and takes twice as long.
 */
export function eachUsage(json: string): SQL {
  return sql`(SELECT value AS v FROM json_each(${json}) LIMIT -1)`;
}

/** A column of the row at hand, in SQL over eachUsage. */
export function usageField(column: keyof UsageRow): string {
  return `v->>${USAGE_COLUMNS.indexOf(column)}`;
}
