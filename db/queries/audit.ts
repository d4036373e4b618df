import { and, desc, eq, getTableColumns, gte, lt, sql, type SQL } from 'drizzle-orm';
import { encodeTime, ulid } from 'ulid';
import { audit, tenants } from '../schema.ts';
import type { Db } from './open.ts';

/** One change by an operator. `before` and `after` are plain data without secrets. */
export interface AuditEntry {
  at: number;
  actor: string;
  action: string;
  target: string;
  tenantId: string | null;
  before: unknown;
  after: unknown;
  requestId: string;
}

/** An entry, and the slug of its tenant. */
export type AuditRow = typeof audit.$inferSelect & { tenantSlug: string | null };

/** The row of an entry, with its id. */
export function auditRow(entry: AuditEntry): typeof audit.$inferInsert {
  return { id: ulid(entry.at), ...entry };
}

/** Writes one entry by itself; changes of D1 put theirs into the same batch instead. */
export async function writeAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(audit).values(auditRow(entry));
}

const jsonOf = (value: unknown): SQL => sql`${value === null ? null : JSON.stringify(value)}`;

/**
 * Writes an entry once for each row of `source` (a table and its WHERE), for the batch that makes the
 * change: where nothing is as it should be, nothing is selected and nothing written. `after` may be
 * worked out there.
 */
export function insertAuditFrom(db: Db, entry: AuditEntry, source: SQL, after?: SQL) {
  const row = auditRow(entry);
  // The columns in the order of the schema.
  return db.insert(audit).select(sql`
    SELECT ${row.id}, ${row.at}, ${row.actor}, ${row.action}, ${row.target}, ${row.tenantId},
           ${jsonOf(row.before)}, ${after ?? jsonOf(row.after)}, ${row.requestId}
    FROM ${source}`);
}

/** The random part of the smallest ULID of its millisecond. */
const FIRST_OF_MS = '0'.repeat(16);
const TIME_CHARS = 10;
/** The smallest id of an entry at this time, UTC ms, or later. */
const firstIdAt = (at: number): string => encodeTime(at, TIME_CHARS) + FIRST_OF_MS;

/** What the audit is searched for: each part that is given must hold. */
export interface AuditQuery {
  id?: string | undefined;
  actor?: string | undefined;
  action?: string | undefined;
  target?: string | undefined;
  tenantId?: string | undefined;
  /** From this moment on, UTC ms. */
  since?: number | undefined;
  /** Before this moment, UTC ms. */
  before?: number | undefined;
  /** Occurs, in any case of letters, in anything the entry says. */
  q: string;
  /** The id of the last entry of the page before. */
  after: string | null;
  limit: number;
}

/** Everything an entry says, as one text. */
const said = sql`lower(${audit.actor} || ' ' || ${audit.action} || ' ' || ${audit.target} || ' ' ||
  coalesce(${audit.tenantId}, '') || ' ' || coalesce(${audit.before}, '') || ' ' ||
  coalesce(${audit.after}, '') || ' ' || ${audit.requestId})`;

/** One page of the audit, the newest entry first. Ids are ULIDs: their order is that of time. */
export async function listAudit(db: Db, query: AuditQuery): Promise<AuditRow[]> {
  const { id, actor, action, target, tenantId, since, before, q, after, limit } = query;
  return db
    .select({ ...getTableColumns(audit), tenantSlug: tenants.slug })
    .from(audit)
    .leftJoin(tenants, eq(tenants.id, audit.tenantId))
    .where(
      and(
        id === undefined ? undefined : eq(audit.id, id),
        actor === undefined ? undefined : eq(audit.actor, actor),
        action === undefined ? undefined : eq(audit.action, action),
        target === undefined ? undefined : eq(audit.target, target),
        tenantId === undefined ? undefined : eq(audit.tenantId, tenantId),
        since === undefined ? undefined : gte(audit.id, firstIdAt(since)),
        before === undefined ? undefined : lt(audit.id, firstIdAt(before)),
        q === '' ? undefined : sql`instr(${said}, ${q.toLowerCase()}) > 0`,
        after === null ? undefined : lt(audit.id, after),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit);
}
