import type { SuspendTenantBody, TenantView } from '../contract/api.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { changeTenant } from './change-tenant.ts';
import type { EdgeContext } from './context.ts';

/** Suspends a tenant: its agent ends what it does, saves itself and refuses members. */
export function suspendTenant(
  c: EdgeContext,
  tenant: TenantDetail,
  { reason }: SuspendTenantBody,
): Promise<TenantView & { pending: boolean }> {
  return changeTenant(c, tenant, {
    action: 'tenant.suspend',
    set: () => ({ status: 'suspended' }),
    note: reason === undefined ? {} : { reason },
  });
}

/** Ends a suspension: members come back with the sign-ins they had. */
export function resumeTenant(
  c: EdgeContext,
  tenant: TenantDetail,
): Promise<TenantView & { pending: boolean }> {
  return changeTenant(c, tenant, {
    action: 'tenant.resume',
    set: () => ({ status: 'active' }),
  });
}
