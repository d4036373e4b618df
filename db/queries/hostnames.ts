import { and, eq, ne } from 'drizzle-orm';
import { hostnames, tenants } from '../schema.ts';
import type { Db } from './open.ts';

/** What the edge has to know about a tenant to reach its agent. */
export interface TenantAddress {
  tenantId: string;
  region: string | null;
}

const address = { tenantId: tenants.id, region: tenants.region };

/** The tenant that a normalised hostname belongs to, or null. */
export async function addressOfHost(db: Db, hostname: string): Promise<TenantAddress | null> {
  const [row] = await db
    .select(address)
    .from(hostnames)
    .innerJoin(tenants, eq(tenants.id, hostnames.tenantId))
    .where(eq(hostnames.hostname, hostname))
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
