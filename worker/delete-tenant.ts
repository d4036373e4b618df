import type { DeleteTenantBody, TenantView } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { tenantById, type TenantDetail } from '../db/queries/tenants.ts';
import { atMost } from '../durable/index.ts';
import { addressOf } from './agent.ts';
import { commitChange } from './change-tenant.ts';
import { dbOf, logFailure, requestIdOf, type EdgeContext } from './context.ts';
import { eraseTenant } from './erase-tenant.ts';
import { viewOf } from './tenant-record.ts';

/** How long the request waits for a deletion to be complete, ms; one that takes longer goes on alone. */
const QUICK_MS = 5_000;

async function erase(c: EdgeContext, tenant: TenantDetail): Promise<boolean> {
  const { deps } = c.var;
  const agent = deps.agentOf(c.env, addressOf(tenant));
  const { now } = deps;
  const requestId = requestIdOf(c);
  try {
    return await eraseTenant({ db: dbOf(c), kv: c.env.DIRECTORY, agent, now, requestId }, tenant);
  } catch (error) {
    logFailure(c, 'tenant.erase.failed', error);
    return false;
  }
}

/**
 * Deletes a tenant in two phases: it is marked, for good and in one commit, then erased, here when
 * that is quick, else by cron. `pending` says that something is left to erase. Deleting it again only
 * goes on with that. Throws invalid_request when the slug is not the tenant's.
 */
export async function deleteTenant(
  c: EdgeContext,
  tenant: TenantDetail,
  { slug }: DeleteTenantBody,
): Promise<TenantView & { pending: boolean }> {
  if (slug !== tenant.slug) {
    throw new AppError('invalid_request', `slug: is not the slug of this tenant`, {
      hint: 'Type the slug of the tenant to delete. Deleting cannot be undone.',
    });
  }
  const isGone = tenant.status === 'deleted';
  const marked = isGone
    ? tenant
    : await commitChange(c, tenant, {
        action: 'tenant.delete',
        set: ({ status }) => ({ status: status === 'deleted' ? status : 'deleting' }),
      });
  if (!isGone) {
    const erased = erase(c, marked);
    c.executionCtx.waitUntil(erased);
    await atMost(QUICK_MS, erased);
  }
  const now = (await tenantById(dbOf(c), marked.id)) ?? marked;
  return { ...viewOf(now, c.env, c.req.url), pending: now.status !== 'deleted' };
}
