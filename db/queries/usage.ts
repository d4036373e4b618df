import { and, desc, eq, gte, lt, lte, ne, or, sql } from 'drizzle-orm';
import type { Outcome, UsageRow } from '../../contract/usage.ts';
import { usage } from '../schema.ts';
import type { Db } from './open.ts';
import { addNewUsage } from './usage-daily.ts';
import { eachUsage, USAGE_COLUMNS, usageField, usageJson } from './usage-json.ts';

/**
 * Rows of one batch. A row is at most 2 KB of JSON (its longest fields are model, 200, and
 * platform, 253 characters), so 400 of them stay under 1 MB, half of D1's limit for a parameter.
 */
export const MAX_ROWS_PER_INSERT = 400;

// In the order of the schema, as an insert by select needs them.
const values = sql.raw(USAGE_COLUMNS.map(usageField).join(', '));

/**
 * Books final attempts and adds them to their days' sums, in one commit. A row that is there already
 * stays as it is and is not counted again, so the same batch may be sent again. Throws a RangeError
 * above MAX_ROWS_PER_INSERT rows.
 */
export async function insertUsage(db: Db, rows: readonly UsageRow[]): Promise<void> {
  if (rows.length === 0) return;
  if (rows.length > MAX_ROWS_PER_INSERT) {
    throw new RangeError(`${rows.length} usage rows exceed ${MAX_ROWS_PER_INSERT} per batch`);
  }
  // Of rows with the same id the first counts, as it would in a batch of its own.
  const unique = new Map(rows.toReversed().map((row) => [row.id, row]));
  const batch = usageJson([...unique.values()]);
  // WHERE tells SQLite that no join's ON follows (SQLite, UPSERT, "Parsing Ambiguity").
  const each = sql`SELECT ${values} FROM ${eachUsage(batch)} WHERE true`;
  await db.batch([
    addNewUsage(db, batch),
    // Only a row that is there is passed over; one that can't be written fails the whole batch.
    db.insert(usage).select(each).onConflictDoNothing({ target: usage.id }),
  ]);
}

/** Where a page of usage ends: the newest rows come first, ties in descending order of id. */
export interface UsagePosition {
  createdAt: number;
  id: string;
}

/** What rows have in common that are wanted. */
interface UsageKind {
  model?: string;
  workload?: string;
  platform?: string;
  tier?: string;
  /** One outcome, or `failed` for all but `ok`. */
  outcome?: Outcome | 'failed';
}

function isOfKind({ model, workload, platform, tier, outcome }: UsageKind) {
  const ended = outcome === 'failed' ? ne(usage.outcome, 'ok') : undefined;
  return and(
    model === undefined ? undefined : eq(usage.model, model),
    workload === undefined ? undefined : eq(usage.workload, workload),
    platform === undefined ? undefined : eq(usage.platform, platform),
    tier === undefined ? undefined : eq(usage.tier, tier),
    outcome === undefined || outcome === 'failed' ? ended : eq(usage.outcome, outcome),
  );
}

/**
 * One page of a tenant's usage, newest first, strictly after `after`; times are UTC ms. The index finds
 * the tenant and the time; of what kind a row is, is seen on the row.
 */
export async function listUsage(
  db: Db,
  query: {
    tenantId: string;
    limit: number;
    after: UsagePosition | null;
    since?: number;
    /** Not included. */
    before?: number;
  } & UsageKind,
): Promise<UsageRow[]> {
  const { tenantId, limit, after, since, before } = query;
  const rest = after
    ? and(
        // Said apart, so that the index goes to where the page begins.
        lte(usage.created_at, after.createdAt),
        or(lt(usage.created_at, after.createdAt), lt(usage.id, after.id)),
      )
    : undefined;
  return db
    .select()
    .from(usage)
    .where(
      and(
        eq(usage.tenant_id, tenantId),
        since === undefined ? undefined : gte(usage.created_at, since),
        before === undefined ? undefined : lt(usage.created_at, before),
        isOfKind(query),
        rest,
      ),
    )
    .orderBy(desc(usage.created_at), desc(usage.id))
    .limit(limit);
}
