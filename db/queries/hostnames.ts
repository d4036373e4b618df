import { and, asc, count, eq, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import { agents, hostnames, tenants } from '../schema.ts';
import { insertAuditFrom, type AuditEntry } from './audit.ts';
import type { Db } from './open.ts';
import type { TenantRow } from './tenants.ts';

export type HostnameRow = typeof hostnames.$inferSelect;

/** What the edge has to know about a tenant to reach its agent. */
export interface TenantAddress {
  tenantId: string;
  region: string | null;
}

const address = { tenantId: tenants.id, region: tenants.region };

/** The tenant that a normalised hostname belongs to, or null: also while it is being taken away. */
export async function addressOfHost(db: Db, hostname: string): Promise<TenantAddress | null> {
  const [row] = await db
    .select(address)
    .from(hostnames)
    .innerJoin(tenants, eq(tenants.id, hostnames.tenantId))
    .where(and(eq(hostnames.hostname, hostname), isNull(hostnames.leavingVersion)))
    .limit(1);
  return row ?? null;
}

/** The tenant of that name on a platform, or null. */
export async function addressOfSlug(
  db: Db,
  name: { platform: string; slug: string },
): Promise<TenantAddress | null> {
  const [row] = await db
    .select(address)
    .from(tenants)
    .where(
      and(
        eq(tenants.platform, name.platform),
        eq(tenants.slug, name.slug),
        ne(tenants.status, 'deleted'),
      ),
    )
    .limit(1);
  return row ?? null;
}

/** What is known of a hostname, or null when nobody has it. */
export async function hostnameRow(db: Db, hostname: string): Promise<HostnameRow | null> {
  const [row] = await db.select().from(hostnames).where(eq(hostnames.hostname, hostname)).limit(1);
  return row ?? null;
}

/** The hostnames a tenant has, is losing or is about to get, oldest first. */
export async function listHostnames(
  db: Db,
  query: { tenantId: string; limit: number },
): Promise<HostnameRow[]> {
  const { tenantId, limit } = query;
  return db
    .select()
    .from(hostnames)
    .where(or(eq(hostnames.tenantId, tenantId), eq(hostnames.heirId, tenantId)))
    .orderBy(asc(hostnames.createdAt), asc(hostnames.hostname))
    .limit(limit);
}

/** How many hostnames a tenant has or is promised. Those it is losing count until it has confirmed. */
export async function countHostnames(db: Db, tenantId: string): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(hostnames)
    .where(or(eq(hostnames.tenantId, tenantId), eq(hostnames.heirId, tenantId)));
  return row?.n ?? 0;
}

type Version = Pick<TenantRow, 'id' | 'version'>;
const isAt = ({ id, version }: Version) => and(eq(tenants.id, id), eq(tenants.version, version));

function raiseVersion(db: Db, of: Version, at: number) {
  return db.update(tenants).set({ version: of.version + 1, updatedAt: at });
}

/**
 * Gives a hostname that is nobody's to a tenant that is still at the version of `before`: hostname,
 * audit and version, all or nothing. False when the tenant has changed. Throws what D1 throws when the
 * hostname is taken.
 */
export async function claimHostname(
  db: Db,
  claim: { hostname: string; before: Version; entry: AuditEntry },
): Promise<boolean> {
  const { hostname, before, entry } = claim;
  const unchanged = sql`${tenants} WHERE ${isAt(before)}`;
  const [, , raised] = await db.batch([
    insertAuditFrom(db, entry, unchanged),
    // The columns in the order of the schema.
    db
      .insert(hostnames)
      .select(sql`SELECT ${hostname}, ${before.id}, ${entry.at}, NULL, NULL FROM ${unchanged}`),
    raiseVersion(db, before, entry.at).where(isAt(before)).returning({ id: tenants.id }),
  ]);
  return raised.length > 0;
}

/** A tenant that may be given a hostname, by its id; `heir` is its row. */
const mayInherit = (heirId: string | null, max: number) =>
  heirId === null
    ? undefined
    : sql`exists (select 1 from ${tenants} heir where heir.id = ${heirId} and heir.status in ('active', 'suspended'))
        and (select count(*) from ${hostnames} theirs where theirs.tenant_id = ${heirId} or theirs.heir_id = ${heirId}) < ${max}`;

/**
 * Begins to take a hostname from the tenant that has it and is still at the version of `before`:
 * from now on it is nobody's, its tenant's next record lacks it, and `settleHostname` does the rest
 * once the agent has that record. Mark, audit and version, all or nothing. False when anything is not
 * as it should be, the heir and its room for `max` hostnames included.
 */
export async function releaseHostname(
  db: Db,
  release: {
    hostname: string;
    before: Version;
    heirId: string | null;
    max: number;
    entry: AuditEntry;
  },
): Promise<boolean> {
  const { hostname, before, heirId, max, entry } = release;
  const leavingVersion = before.version + 1;
  const isTheirs = and(eq(hostnames.hostname, hostname), eq(hostnames.tenantId, before.id));
  const isHeld = and(isTheirs, isNull(hostnames.leavingVersion));
  const may = and(
    isHeld,
    sql`exists (select 1 from ${tenants} where ${isAt(before)})`,
    mayInherit(heirId, max),
  );
  const isMarked = sql`exists (select 1 from ${hostnames} where ${and(isTheirs, eq(hostnames.leavingVersion, leavingVersion))})`;
  const [, , raised] = await db.batch([
    insertAuditFrom(db, entry, sql`${hostnames} WHERE ${may}`),
    db.update(hostnames).set({ leavingVersion, heirId }).where(may),
    raiseVersion(db, before, entry.at)
      .where(and(isAt(before), isMarked))
      .returning({ id: tenants.id }),
  ]);
  return raised.length > 0;
}

/** A hostname whose tenant has confirmed that it has it no more. */
export interface ConfirmedLeaving {
  hostname: string;
  tenantId: string;
  leavingVersion: number;
  heirId: string | null;
}

/**
 * Hostnames to settle: the agent that had them has a record without them, or is gone with its
 * tenant. All of them, at most `limit`, or one.
 */
export async function confirmedLeavings(
  db: Db,
  query: { hostname?: string; limit: number },
): Promise<ConfirmedLeaving[]> {
  const { hostname, limit } = query;
  const rows = await db
    .select({
      hostname: hostnames.hostname,
      tenantId: hostnames.tenantId,
      leavingVersion: hostnames.leavingVersion,
      heirId: hostnames.heirId,
    })
    .from(hostnames)
    .innerJoin(tenants, eq(tenants.id, hostnames.tenantId))
    .leftJoin(agents, eq(agents.tenantId, hostnames.tenantId))
    .where(
      and(
        isNotNull(hostnames.leavingVersion),
        or(
          eq(tenants.status, 'deleted'),
          sql`${agents.appliedVersion} >= ${hostnames.leavingVersion}`,
        ),
        hostname === undefined ? undefined : eq(hostnames.hostname, hostname),
      ),
    )
    .orderBy(asc(hostnames.hostname))
    .limit(limit);
  return rows.map((row) => ({ ...row, leavingVersion: row.leavingVersion ?? 0 }));
}

/**
 * Gives a hostname that was confirmed to have left to its heir, with a new version of the heir, or
 * to nobody when there is none or it is deleted. Doing it again changes nothing. The audit says who
 * has it now.
 */
export async function settleHostname(
  db: Db,
  settlement: { leaving: ConfirmedLeaving; entry: AuditEntry },
): Promise<void> {
  const { leaving, entry } = settlement;
  const { hostname, tenantId, leavingVersion, heirId } = leaving;
  const isReady = and(
    eq(hostnames.hostname, hostname),
    eq(hostnames.tenantId, tenantId),
    eq(hostnames.leavingVersion, leavingVersion),
  );
  const isHeir = sql`${tenants.id} = ${heirId} and ${tenants.status} in ('active', 'suspended')`;
  const now = sql`json_object('tenantId', (select ${tenants.id} from ${tenants} where ${isHeir}))`;
  await db.batch([
    insertAuditFrom(db, entry, sql`${hostnames} WHERE ${isReady}`, now),
    db
      .update(tenants)
      .set({ version: sql`${tenants.version} + 1`, updatedAt: entry.at })
      .where(and(isHeir, sql`exists (select 1 from ${hostnames} where ${isReady})`)),
    db
      .update(hostnames)
      .set({
        tenantId: sql`${heirId}`,
        createdAt: entry.at,
        leavingVersion: null,
        heirId: null,
      })
      .where(and(isReady, sql`exists (select 1 from ${tenants} where ${isHeir})`)),
    // What nobody has taken over.
    db.delete(hostnames).where(isReady),
  ]);
}
