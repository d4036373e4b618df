import { and, desc, eq, getTableColumns, ne, sql } from 'drizzle-orm';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import type { UsageRow } from '../../contract/usage.ts';
import { usage } from '../schema.ts';
import type { Db } from './open.ts';

/**
 * Rows that are looked at for each call that is wanted: fallbacks, failures and the built-in tenant's
 * stand between. It bounds what a question costs where nearly all rows are of that kind.
 */
const ROWS_PER_CALL = 4;

/** What is read of each call. */
export type AnsweredCall = Pick<
  UsageRow,
  | 'tier'
  | 'platform'
  | 'workload'
  | 'source'
  | 'model'
  | 'policy_version'
  | 'tokens_in'
  | 'tokens_out'
  | 'tokens_cached'
  | 'cost_nano'
  | 'created_at'
>;

/**
 * The last calls that the first model they asked has answered, the newest first, at most `limit`: of a
 * tenant, or of all but the built-in one. What a call whose first model failed would have come to
 * there is not known. All are found in the order they were booked, a tenant's in that of their time:
 * the table has no other.
 */
export function lastAnsweredCalls(
  db: Db,
  { tenantId, limit }: { tenantId: string | null; limit: number },
): Promise<AnsweredCall[]> {
  const row = sql<number>`${usage}.rowid`.as('row');
  const rows = db.select({ ...getTableColumns(usage), row }).from(usage);
  const newest = (
    tenantId === null
      ? rows.orderBy(sql`${usage}.rowid DESC`)
      : rows.where(eq(usage.tenant_id, tenantId)).orderBy(desc(usage.created_at))
  )
    .limit(limit * ROWS_PER_CALL)
    .as('newest');
  return db
    .select({
      tier: newest.tier,
      platform: newest.platform,
      workload: newest.workload,
      source: newest.source,
      model: newest.model,
      policy_version: newest.policy_version,
      tokens_in: newest.tokens_in,
      tokens_out: newest.tokens_out,
      tokens_cached: newest.tokens_cached,
      cost_nano: newest.cost_nano,
      created_at: newest.created_at,
    })
    .from(newest)
    .where(
      and(
        eq(newest.attempt, 1),
        eq(newest.outcome, 'ok'),
        tenantId === null ? ne(newest.tenant_id, SYSTEM_TENANT_ID) : undefined,
      ),
    )
    .orderBy(desc(tenantId === null ? newest.row : newest.created_at))
    .limit(limit);
}
