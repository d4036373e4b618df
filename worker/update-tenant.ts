import type { TenantView, UpdateTenantBody } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { tenantById, updateTenant as updateRow, type TenantDetail } from '../db/queries/tenants.ts';
import { auditEntry } from './audit.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { pushRecord } from './push-record.ts';
import { viewOf } from './tenant-record.ts';

/** Tries when others change the same tenant at the same moment. */
const MAX_TRIES = 3;

async function reread(c: EdgeContext, id: string): Promise<TenantDetail> {
  const tenant = await tenantById(dbOf(c), id);
  if (!tenant) throw new AppError('tenant_not_found', 'There is no such tenant any more.');
  return tenant;
}

/**
 * Changes a tenant's tier or internet setting: row, version and audit in one commit, then its agent
 * is told. What is as asked for already stays without a new version. `pending` says that the agent
 * does not have the newest version yet. Throws conflict when others keep changing it.
 */
export async function updateTenant(
  c: EdgeContext,
  found: TenantDetail,
  body: UpdateTenantBody,
): Promise<TenantView & { pending: boolean }> {
  let before = found;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const set = {
      tier: body.tier ?? before.tier,
      internet: body.internet === undefined ? before.internet : body.internet,
    };
    const isSame = set.tier === before.tier && set.internet === before.internet;
    const entry = auditEntry(c, {
      action: 'tenant.update',
      target: `tenant:${before.id}`,
      tenantId: before.id,
      before: { tier: before.tier, internet: before.internet, version: before.version },
      after: { ...set, version: before.version + 1 },
    });
    if (isSame || (await updateRow(dbOf(c), { before, set, entry }))) {
      const changed = await reread(c, before.id);
      const isApplied = changed.appliedVersion >= changed.version;
      const pending = !isApplied && !(await pushRecord(c, changed));
      return { ...viewOf(await reread(c, before.id), c.env, c.req.url), pending };
    }
    before = await reread(c, before.id);
  }
  throw new AppError('conflict', 'The tenant is being changed by others.', { hint: 'Try again.' });
}
