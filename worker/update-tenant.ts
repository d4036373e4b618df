import type { TenantView, UpdateTenantBody } from '../contract/api.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { changeTenant } from './change-tenant.ts';
import type { EdgeContext } from './context.ts';

/** Changes a tenant's tier or internet setting; see changeTenant. */
export function updateTenant(
  c: EdgeContext,
  tenant: TenantDetail,
  { tier, internet }: UpdateTenantBody,
): Promise<TenantView & { pending: boolean }> {
  return changeTenant(c, tenant, {
    action: 'tenant.update',
    set: (before) => ({
      tier: tier ?? before.tier,
      internet: internet === undefined ? before.internet : internet,
    }),
  });
}
