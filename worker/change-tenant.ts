import type { TenantView } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { tenantById, updateTenant, type TenantDetail } from '../db/queries/tenants.ts';
import { auditEntry } from './audit.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { refuseDeleted } from './find-tenant.ts';
import { pushRecord } from './push-record.ts';
import { viewOf } from './tenant-record.ts';

/** Tries when others change the same tenant at the same moment. */
export const MAX_TRIES = 3;

const limitNames = limits.keyof().options;
const COLUMNS = ['tier', 'internet', 'status', 'limits'] as const;
type Changeable = Pick<TenantDetail, (typeof COLUMNS)[number]>;

export interface TenantChange {
  action: string;
  /** What is wanted of a tenant that looks like this. */
  set(before: TenantDetail): Partial<Changeable>;
  /** What else the audit says. */
  note?: Record<string, unknown>;
}

/** The tenant as it is now. Throws tenant_not_found. */
export async function reread(c: EdgeContext, id: string): Promise<TenantDetail> {
  const tenant = await tenantById(dbOf(c), id);
  if (!tenant) throw new AppError('tenant_not_found', 'There is no such tenant any more.');
  return tenant;
}

/** The columns that a change names, as the tenant has them. */
function named(tenant: Changeable, set: Partial<Changeable>): Partial<Changeable> {
  return Object.fromEntries(
    COLUMNS.filter((column) => column in set).map((column) => [column, tenant[column]]),
  );
}

/** Whether a change names nothing that is otherwise. Limits are the same when each one is. */
function changesNothing(old: Partial<Changeable>, set: Partial<Changeable>): boolean {
  return COLUMNS.every((column) => {
    if (column !== 'limits') return old[column] === set[column];
    return limitNames.every((name) => old.limits?.[name] === set.limits?.[name]);
  });
}

/**
 * Commits a change of a tenant: row, version and audit together. What is as wanted already stays
 * without a new version. Throws tenant_deleted for one that is going, and conflict when others keep
 * changing it.
 */
export async function commitChange(
  c: EdgeContext,
  found: TenantDetail,
  change: TenantChange,
): Promise<TenantDetail> {
  let before = found;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const set = change.set(before);
    const old = named(before, set);
    if (changesNothing(old, set)) return before;
    refuseDeleted(before);
    const { id, version } = before;
    const entry = auditEntry(c, {
      action: change.action,
      target: `tenant:${id}`,
      tenantId: id,
      before: { ...old, version },
      after: { ...set, version: version + 1, ...change.note },
    });
    const isChanged = await updateTenant(dbOf(c), { before, set, entry });
    before = await reread(c, id);
    if (isChanged) return before;
  }
  throw new AppError('conflict', 'The tenant is being changed by others.', { hint: 'Try again.' });
}

/**
 * Commits a change and brings it to the agent. `pending` says that the agent does not have the newest
 * version yet; cron goes on.
 */
export async function changeTenant(
  c: EdgeContext,
  found: TenantDetail,
  change: TenantChange,
): Promise<TenantView & { pending: boolean }> {
  const changed = await commitChange(c, found, change);
  const isApplied = changed.appliedVersion >= changed.version;
  const pending = !isApplied && !(await pushRecord(c, changed));
  return { ...viewOf(await reread(c, changed.id), c.env, c.req.url), pending };
}
