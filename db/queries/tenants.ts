import { and, desc, eq, getTableColumns, gt, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import type { TenantStatus } from '../../contract/agent.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { agents, audit, hostnames, tenants } from '../schema.ts';
import { newAgentRow } from './agents.ts';
import { auditRow, insertAuditFrom, type AuditEntry } from './audit.ts';
import type { Db } from './open.ts';

export type TenantRow = typeof tenants.$inferSelect;

/** A tenant with the hostnames that it has, without those it is losing, and what its agent last said. */
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
  hostnames: sql<string>`(select json_group_array(${hostnames.hostname}) from ${hostnames} where ${hostnames.tenantId} = ${tenants.id} and ${hostnames.leavingVersion} is null)`,
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

/** The tenant of this id, or null. A deleted one is its tombstone. */
export async function tenantById(db: Db, id: string): Promise<TenantDetail | null> {
  const [row] = await selectDetails(db, eq(tenants.id, id), 1);
  return row ? withHostnames(row) : null;
}

/** The tenants of this slug, deleted ones left out: one on each platform, and at most `limit`. */
export async function tenantsBySlug(
  db: Db,
  query: { slug: string; limit: number },
): Promise<TenantDetail[]> {
  const named = and(eq(tenants.slug, query.slug), ne(tenants.status, 'deleted'));
  const rows = await selectDetails(db, named, query.limit);
  return rows.map(withHostnames);
}

/** Whose slug or id contains `q`; everybody's for none. */
export function tenantNamed(q: string): SQL | undefined {
  if (q === '') return undefined;
  return sql`instr(${tenants.slug} || ' ' || ${tenants.id}, ${q.toLowerCase()})`;
}

/** Tenants that come after a position. */
function afterTenant({ createdAt, id }: TenantPosition): SQL | undefined {
  return or(
    lt(tenants.createdAt, createdAt),
    and(eq(tenants.createdAt, createdAt), lt(tenants.id, id)),
  );
}

/**
 * One page of the tenants whose slug or id contains `q`, without the system tenant: those of a
 * status, or all that are not deleted.
 */
export async function listTenants(
  db: Db,
  query: { q: string; limit: number; after: TenantPosition | null; status?: TenantStatus },
): Promise<TenantDetail[]> {
  const { q, limit, after, status } = query;
  const wanted = status ? eq(tenants.status, status) : ne(tenants.status, 'deleted');
  const rest = after ? afterTenant(after) : undefined;
  const where = and(ne(tenants.id, SYSTEM_TENANT_ID), wanted, tenantNamed(q), rest);
  const rows = await selectDetails(db, where, limit);
  return rows.map(withHostnames);
}

/**
 * Who has this slug on the platform: a tenant, or the tombstone of one that was deleted after
 * `deletedAfter`. Null when it is free.
 */
export async function holderOfSlug(
  db: Db,
  name: { platform: string; slug: string; deletedAfter: number },
): Promise<{ deletedAt: number | null } | null> {
  const { platform, slug, deletedAfter } = name;
  const holds = or(ne(tenants.status, 'deleted'), gt(tenants.deletedAt, deletedAfter));
  const [row] = await db
    .select({ deletedAt: tenants.deletedAt })
    .from(tenants)
    .where(and(eq(tenants.platform, platform), eq(tenants.slug, slug), holds))
    // One that is there comes before tombstones: of it nobody knows until when.
    .orderBy(sql`${tenants.deletedAt} is not null`, desc(tenants.deletedAt))
    .limit(1);
  return row ?? null;
}

/** A tenant about to be made: it is not deleted, and its limits are its tier's. */
export type NewTenant = Omit<TenantRow, 'deletedAt' | 'limits'>;

/**
 * Commits a new tenant, its hostname, the row of its agent and the audit entry together. Throws what
 * D1 throws when the slug or the hostname is taken.
 */
export async function insertTenant(
  db: Db,
  creation: { tenant: NewTenant; hostname: string; entry: AuditEntry },
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
    set: Partial<Pick<TenantRow, 'tier' | 'internet' | 'status' | 'limits'>>;
    entry: AuditEntry;
  },
): Promise<boolean> {
  const { before, set, entry } = change;
  const unchanged = and(eq(tenants.id, before.id), eq(tenants.version, before.version));
  const [, updated] = await db.batch([
    insertAuditFrom(db, entry, sql`${tenants} WHERE ${unchanged}`),
    db
      .update(tenants)
      .set({ ...set, version: before.version + 1, updatedAt: entry.at })
      .where(unchanged)
      .returning({ id: tenants.id }),
  ]);
  return updated.length > 0;
}

/**
 * Makes the tombstone of a tenant whose agent is empty: its hostnames go, its slug begins to rest.
 * Doing it again changes nothing. The row of its agent stays until the agent is gone.
 */
export async function buryTenant(
  db: Db,
  burial: { tenantId: string; entry: AuditEntry },
): Promise<void> {
  const { tenantId, entry } = burial;
  const isDeleting = and(eq(tenants.id, tenantId), eq(tenants.status, 'deleting'));
  // One that is on its way to another tenant gets there: this agent serves nobody any more.
  const gone = sql`${hostnames.heirId} is null and ${hostnames.tenantId} in (select ${tenants.id} from ${tenants} where ${isDeleting})`;
  await db.batch([
    insertAuditFrom(db, entry, sql`${tenants} WHERE ${isDeleting}`),
    db.delete(hostnames).where(gone),
    db
      .update(tenants)
      .set({ status: 'deleted', deletedAt: entry.at, updatedAt: entry.at })
      .where(isDeleting),
  ]);
}
