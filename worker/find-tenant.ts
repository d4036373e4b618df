import { AppError } from '../contract/errors.ts';
import { SYSTEM_TENANT_ID, tenantId } from '../contract/ids.ts';
import { tenantById, tenantsBySlug, type TenantDetail } from '../db/queries/tenants.ts';
import type { Db } from '../db/queries/open.ts';

/** The tenant of an id or slug; a deleted one only by its id. Throws tenant_not_found, and conflict for a slug of two platforms. */
export async function findTenant(db: Db, reference: string): Promise<TenantDetail> {
  if (tenantId.safeParse(reference).success) {
    const tenant = await tenantById(db, reference.toLowerCase());
    if (tenant) return tenant;
  } else {
    const [tenant, another] = await tenantsBySlug(db, { slug: reference, limit: 2 });
    if (another) {
      throw new AppError('conflict', 'Several platforms have a tenant of this slug.', {
        hint: "Name it by its id, which is in the tenants' list.",
      });
    }
    if (tenant) return tenant;
  }
  throw new AppError('tenant_not_found', 'There is no such tenant.');
}

/** Refuses what is asked of a tenant that is deleted, or about to be. */
export function refuseDeleted({ status }: Pick<TenantDetail, 'status'>): void {
  if (status === 'active' || status === 'suspended') return;
  throw new AppError('tenant_deleted', 'This tenant has been deleted.');
}

/** The same without the built-in tenant, which has no sandbox and no members and never changes. */
export async function findCustomer(db: Db, reference: string): Promise<TenantDetail> {
  const tenant = await findTenant(db, reference);
  if (tenant.id !== SYSTEM_TENANT_ID) return tenant;
  throw new AppError('invalid_request', 'The system tenant has no sandbox and cannot be changed.');
}

/** The same, and not deleted. Throws tenant_deleted. */
export async function findOrdinaryTenant(db: Db, reference: string): Promise<TenantDetail> {
  const tenant = await findCustomer(db, reference);
  refuseDeleted(tenant);
  return tenant;
}
