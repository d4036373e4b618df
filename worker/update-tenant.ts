import type { TenantView, UpdateTenantBody } from '../contract/api.ts';
import { changeLimits } from '../contract/limits.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { changeTenant } from './change-tenant.ts';
import type { EdgeContext } from './context.ts';

/** Changes a tenant's tier, internet setting or own limits; see changeTenant. */
export function updateTenant(
  c: EdgeContext,
  tenant: TenantDetail,
  { tier, internet, limits }: UpdateTenantBody,
): Promise<TenantView & { pending: boolean }> {
  return changeTenant(c, tenant, {
    action: 'tenant.update',
    set: (before) => ({
      tier: tier ?? before.tier,
      internet: internet === undefined ? before.internet : internet,
      limits: limits === undefined ? before.limits : changeLimits(before.limits, limits),
    }),
  });
}
