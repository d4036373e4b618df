import { addressOf } from './agent.ts';
import { dbOf, paramOf, type EdgeContext } from './context.ts';
import { findOrdinaryTenant } from './find-tenant.ts';
import type { RouteSpec } from './route.ts';

/** A route to what is a tenant's, without the beginning of its path. */
type ResourceSpec = Omit<RouteSpec, 'on' | 'anonymous'>;

/** Goes on with the tenant that an operator has named in the path. */
function ofNamedTenant(handle: RouteSpec['handle']): RouteSpec['handle'] {
  return async (c: EdgeContext) => {
    const tenant = addressOf(await findOrdinaryTenant(dbOf(c), paramOf(c, 'id')));
    c.set('tenant', tenant);
    c.var.trace.tenantId = tenant.tenantId;
    return handle(c);
  };
}

/**
 * Each route twice: under `/api` on the tenant's host and by path, where its members ask, and under
 * `/admin/api/tenants/:id`, where operators name the tenant; what only its sandbox knows is under
 * `agents` there.
 */
export function tenantResource(
  specs: readonly ResourceSpec[],
  under: 'tenants' | 'agents' = 'tenants',
): RouteSpec[] {
  return specs.flatMap((spec): RouteSpec[] => [
    { ...spec, path: `/api${spec.path}`, on: ['tenant', 'by-path'] },
    {
      ...spec,
      path: `/admin/api/${under}/:id${spec.path}`,
      on: ['system'],
      handle: ofNamedTenant(spec.handle),
    },
  ]);
}
