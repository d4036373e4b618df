import { and, desc, eq, getTableColumns, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { agents, audit, hostnames, tenants } from '../schema.ts';
import { newAgentRow } from './agents.ts';
import { auditRow, type AuditEntry } from './audit.ts';
import type { Db } from './open.ts';

export type TenantRow = typeof tenants.$inferSelect;

/** A tenant with its hostnames and what its agent last said. */
export interface TenantDetail extends TenantRow {
  hostnames: string[];
  state: string;
  appliedVersion: number;
}

/** Where a page of tenants ends: the newest come first, ties in descending order of id. */
export interface TenantPosition {
  createdAt: number;
  id: string;
}

const detail = {
  ...getTableColumns(tenants),
  hostnames: sql<string>`(select json_group_array(${hostnames.hostname}) from ${hostnames} where ${hostnames.tenantId} = ${tenants.id})`,
  state: sql<string>`coalesce(${agents.state}, 'asleep')`,
  appliedVersion: sql<number>`coalesce(${agents.appliedVersion}, 0)`,
};

function selectDetails(db: Db, where: SQL | undefined, limit: number) {
  return db
    .select(detail)
    .from(tenants)
    .leftJoin(agents, eq(agents.tenantId, tenants.id))
    .where(where)
    .orderBy(desc(tenants.createdAt), desc(tenants.id))
    .limit(limit);
}

function withHostnames<T extends { hostnames: string }>(
  row: T,
): Omit<T, 'hostnames'> & { hostnames: string[] } {
  return { ...row, hostnames: JSON.parse(row.hostnames) as string[] };
}

/** The tenant of this id, or null. */
export async function tenantById(db: Db, id: string): Promise<TenantDetail | null> {
  const [row] = await selectDetails(db, eq(tenants.id, id), 1);
  return row ? withHostnames(row) : null;
}

/** The tenants of this slug: at most one on each platform, and at most `limit`. */
export async function tenantsBySlug(
  db: Db,
  query: { slug: string; limit: number },
): Promise<TenantDetail[]> {
  const rows = await selectDetails(db, eq(tenants.slug, query.slug), query.limit);
  return rows.map(withHostnames);
}

/** One page of the tenants whose slug or id contains `q`, without the system tenant. */
export async function listTenants(
  db: Db,
  query: { q: string; limit: number; after: TenantPosition | null },
): Promise<TenantDetail[]> {
  const { q, limit, after } = query;
  const found =
    q === '' ? undefined : sql`instr(${tenants.slug} || ' ' || ${tenants.id}, ${q.toLowerCase()})`;
  const rest = after
    ? or(
        lt(tenants.createdAt, after.createdAt),
        and(eq(tenants.createdAt, after.createdAt), lt(tenants.id, after.id)),
      )
    : undefined;
  const rows = await selectDetails(db, and(ne(tenants.id, SYSTEM_TENANT_ID), found, rest), limit);
  return rows.map(withHostnames);
}

/** Whether a tenant of this slug is there on the platform. */
export async function slugIsTaken(
  db: Db,
  name: { platform: string; slug: string },
): Promise<boolean> {
  const rows = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(eq(tenants.platform, name.platform), eq(tenants.slug, name.slug)))
    .limit(1);
  return rows.length > 0;
}

/**
 * Commits a new tenant, its hostname, the row of its agent and the audit entry together. Throws what
 * D1 throws when the slug or the hostname is taken.
 */
export async function insertTenant(
  db: Db,
  creation: { tenant: TenantRow; hostname: string; entry: AuditEntry },
): Promise<void> {
  const { tenant, hostname, entry } = creation;
  await db.batch([
    db.insert(tenants).values(tenant),
    db.insert(hostnames).values({ hostname, tenantId: tenant.id, createdAt: tenant.createdAt }),
    db.insert(agents).values(newAgentRow(tenant.id, tenant.createdAt)),
    db.insert(audit).values(auditRow(entry)),
  ]);
}

/**
 * Changes a tenant that is still at the version of `before`, raises its version and writes the audit
 * entry, all or nothing. False when someone else was faster: then nothing changed.
 */
export async function updateTenant(
  db: Db,
  change: {
    before: TenantRow;
    set: Partial<Pick<TenantRow, 'tier' | 'internet'>>;
    entry: AuditEntry;
  },
): Promise<boolean> {
  const { before, set, entry } = change;
  const unchanged = and(eq(tenants.id, before.id), eq(tenants.version, before.version));
  const row = auditRow(entry);
  const [, updated] = await db.batch([
    // The columns in the order of the schema; nothing is selected when the version has moved on.
    db.insert(audit).select(sql`
      SELECT ${row.id}, ${row.at}, ${row.actor}, ${row.action}, ${row.target}, ${row.tenantId},
             ${JSON.stringify(row.before)}, ${JSON.stringify(row.after)}, ${row.requestId}
      FROM ${tenants} WHERE ${unchanged}`),
    db
      .update(tenants)
      .set({ ...set, version: before.version + 1, updatedAt: entry.at })
      .where(unchanged)
      .returning({ id: tenants.id }),
  ]);
  return updated.length > 0;
}
