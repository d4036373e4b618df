import { and, desc, eq, getTableColumns, lt, or, sql } from 'drizzle-orm';
import type { UsageRow } from '../../contract/usage.ts';
import { usage } from '../schema.ts';
import type { Db } from './open.ts';

/**
 * Rows of one statement. A row is at most 2 KB of JSON (its longest fields are model, 200, and
 * platform, 253 characters), so 400 of them stay under 1 MB, half of D1's limit for a parameter.
 */
export const MAX_ROWS_PER_INSERT = 400;

const columns = Object.keys(getTableColumns(usage)) as (keyof UsageRow)[];
const names = sql.join(
  columns.map((column) => sql.identifier(column)),
  sql`, `,
);
const values = sql.join(
  columns.map((column) => sql.raw(`value->>'${column}'`)),
  sql`, `,
);

/**
 * Books final attempts in one statement with one parameter. A row that is there already stays as it
 * is, so the same batch may be sent again. Throws a RangeError above MAX_ROWS_PER_INSERT rows.
 */
export async function insertUsage(db: Db, rows: readonly UsageRow[]): Promise<void> {
  if (rows.length === 0) return;
  if (rows.length > MAX_ROWS_PER_INSERT) {
    throw new RangeError(`${rows.length} usage rows exceed ${MAX_ROWS_PER_INSERT} per statement`);
  }
  const batch = JSON.stringify(rows);
  await db.run(
    sql`INSERT OR IGNORE INTO ${usage} (${names}) SELECT ${values} FROM json_each(${batch})`,
  );
}

/** Where a page of usage ends: the newest rows come first, ties in descending order of id. */
export interface UsagePosition {
  createdAt: number;
  id: string;
}

export interface UsageTotals {
  attempts: number;
  tokensIn: number;
  tokensOut: number;
  costNano: number;
}

/** One page of a tenant's usage, newest first, strictly after `after`. */
export async function listUsage(
  db: Db,
  query: { tenantId: string; limit: number; after: UsagePosition | null },
): Promise<UsageRow[]> {
  const { tenantId, limit, after } = query;
  const rest = after
    ? or(
        lt(usage.created_at, after.createdAt),
        and(eq(usage.created_at, after.createdAt), lt(usage.id, after.id)),
      )
    : undefined;
  return db
    .select()
    .from(usage)
    .where(and(eq(usage.tenant_id, tenantId), rest))
    .orderBy(desc(usage.created_at), desc(usage.id))
    .limit(limit);
}

/** Sums over all of a tenant's booked attempts. */
export async function totalUsage(db: Db, tenantId: string): Promise<UsageTotals> {
  const [row] = await db
    .select({
      attempts: sql<number>`count(*)`,
      tokensIn: sql<number>`coalesce(sum(${usage.tokens_in}), 0)`,
      tokensOut: sql<number>`coalesce(sum(${usage.tokens_out}), 0)`,
      costNano: sql<number>`coalesce(sum(${usage.cost_nano}), 0)`,
    })
    .from(usage)
    .where(eq(usage.tenant_id, tenantId));
  return row ?? { attempts: 0, tokensIn: 0, tokensOut: 0, costNano: 0 };
}
