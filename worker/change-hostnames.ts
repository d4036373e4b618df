import type { TenantView } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { MAX_HOSTNAMES, type MovedHostname } from '../contract/hostnames.ts';
import {
  claimHostname,
  countHostnames,
  hostnameRow,
  releaseHostname,
  type HostnameRow,
} from '../db/queries/hostnames.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { auditEntry } from './audit.ts';
import { MAX_TRIES, reread } from './change-tenant.ts';
import { dbOf, requestIdOf, type EdgeContext } from './context.ts';
import { customHostname } from './custom-hostname.ts';
import { platformsOf } from './env.ts';
import { refuseDeleted } from './find-tenant.ts';
import { normaliseHost } from './host-name.ts';
import { pushRecord } from './push-record.ts';
import { settleHostnames } from './settle-hostnames.ts';
import { forgetHosts } from './tenant-directory.ts';
import { hostnameOf, viewOf } from './tenant-record.ts';

const busy = (): AppError =>
  new AppError('conflict', 'The tenant is being changed by others.', { hint: 'Try again.' });

function taken({ hostname, tenantId, leavingVersion }: HostnameRow): AppError {
  const isLeaving = leavingVersion !== null;
  return new AppError('hostname_taken', `${hostname} belongs to tenant ${tenantId}.`, {
    hint: isLeaving
      ? 'It is being taken away; it is free once the agent of that tenant has confirmed.'
      : 'Move it from there, or remove it there first.',
  });
}

/** Throws limit_reached where a tenant has no room for another hostname. */
async function refuseFull(c: EdgeContext, { id }: TenantDetail): Promise<void> {
  if ((await countHostnames(dbOf(c), id)) < MAX_HOSTNAMES) return;
  throw new AppError('limit_reached', `A tenant has at most ${MAX_HOSTNAMES} hostnames.`, {
    hint: 'Remove one first.',
  });
}

/** Drops the copies of a hostname that changes hands; what is left of them is mended when it misleads. */
async function forget(c: EdgeContext, hostname: string): Promise<void> {
  c.var.deps.recentHosts.delete(hostname);
  await forgetHosts(c.env.DIRECTORY, [hostname]).catch(() => undefined);
}

/** Brings a tenant's newest record to its agent, if it does not have it; true when it has. */
async function bring(c: EdgeContext, tenant: TenantDetail): Promise<boolean> {
  return tenant.appliedVersion >= tenant.version || (await pushRecord(c, tenant));
}

async function answer(
  c: EdgeContext,
  { id, pending }: { id: string; pending: boolean },
): Promise<TenantView & { pending: boolean }> {
  return { ...viewOf(await reread(c, id), c.env, c.req.url), pending };
}

/**
 * Gives a tenant a hostname that is nobody's, and tells its agent. One that it has already stays as it
 * is. Throws invalid_hostname, hostname_taken and limit_reached.
 */
export async function addHostname(
  c: EdgeContext,
  found: TenantDetail,
  raw: string,
): Promise<TenantView & { pending: boolean }> {
  const isOwn = normaliseHost(raw) === hostnameOf(found);
  const hostname = isOwn ? hostnameOf(found) : customHostname(raw, platformsOf(c.env));
  const db = dbOf(c);
  let before = found;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { id, version } = before;
    const row = await hostnameRow(db, hostname);
    if (row && (row.tenantId !== id || row.leavingVersion !== null)) throw taken(row);
    if (row) return answer(c, { id, pending: !(await bring(c, before)) });
    refuseDeleted(before);
    await refuseFull(c, before);
    const entry = auditEntry(c, {
      action: 'hostname.add',
      target: `hostname:${hostname}`,
      tenantId: id,
      before: { tenantId: null, version },
      after: { tenantId: id, version: version + 1 },
    });
    const isClaimed = await claimHostname(db, { hostname, before, entry }).catch(
      async (cause: unknown) => {
        // Someone else may have claimed it since it was looked up: the next try says whose it is.
        if (await hostnameRow(db, hostname)) return false;
        throw cause;
      },
    );
    before = await reread(c, id);
    if (!isClaimed) continue;
    await forget(c, hostname);
    return answer(c, { id, pending: !(await bring(c, before)) });
  }
  throw busy();
}

interface Release {
  hostname: string;
  /** Who gets it; null for nobody. */
  heir: TenantDetail | null;
  action: 'hostname.remove' | 'hostname.move';
}

/** Whether this release is under way already, or done. Throws where it cannot be begun. */
function isUnderWay(row: HostnameRow | null, tenant: TenantDetail, { heir }: Release): boolean {
  if (heir && row?.tenantId === heir.id && row.leavingVersion === null) return true;
  if (row?.tenantId !== tenant.id) throw new AppError('not_found', 'It is not of this tenant.');
  if (row.leavingVersion === null) return false;
  if (row.heirId === (heir?.id ?? null)) return true;
  throw new AppError('conflict', `${row.hostname} is already on its way elsewhere.`, {
    hint: 'Wait until it has arrived.',
  });
}

/** The first phase of taking a hostname away: in D1 it is nobody's, and the agent's next record lacks it. */
async function release(c: EdgeContext, found: TenantDetail, wanted: Release): Promise<void> {
  const { hostname, heir, action } = wanted;
  if (hostname === hostnameOf(found)) {
    throw new AppError('conflict', `${hostname} is the tenant's own hostname and stays.`);
  }
  const db = dbOf(c);
  let before = found;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (isUnderWay(await hostnameRow(db, hostname), before, wanted)) return;
    refuseDeleted(before);
    if (heir) {
      refuseDeleted(await reread(c, heir.id));
      await refuseFull(c, heir);
    }
    const { id, version } = before;
    const heirId = heir?.id ?? null;
    const entry = auditEntry(c, {
      action,
      target: `hostname:${hostname}`,
      tenantId: id,
      before: { tenantId: id, version },
      after: { tenantId: heirId, version: version + 1 },
    });
    const leaving = { hostname, before, heirId, max: MAX_HOSTNAMES, entry };
    if (await releaseHostname(db, leaving)) return;
    before = await reread(c, id);
  }
  throw busy();
}

/**
 * Takes a hostname away as far as it goes now: released, confirmed by the agent that had it, settled.
 * True when it is no longer that tenant's in any way; else cron goes on, and nobody has it meanwhile.
 */
async function takeAway(c: EdgeContext, from: TenantDetail, wanted: Release): Promise<boolean> {
  const { hostname } = wanted;
  await release(c, from, wanted);
  await forget(c, hostname);
  await bring(c, await reread(c, from.id));
  const deps = { db: dbOf(c), kv: c.env.DIRECTORY, now: c.var.deps.now, requestId: requestIdOf(c) };
  await settleHostnames(deps, { hostname, limit: 1 });
  c.var.deps.recentHosts.delete(hostname);
  return (await hostnameRow(deps.db, hostname))?.tenantId !== from.id;
}

/**
 * Takes a custom hostname from a tenant. `pending` says that its agent has not confirmed; until then
 * nobody else can claim it. Throws not_found, and conflict for the slug's own.
 */
export async function removeHostname(
  c: EdgeContext,
  tenant: TenantDetail,
  raw: string,
): Promise<TenantView & { pending: boolean }> {
  const hostname = normaliseHost(raw) ?? '';
  const action = 'hostname.remove';
  const isAway = await takeAway(c, tenant, { hostname, heir: null, action });
  return answer(c, { id: tenant.id, pending: !isAway });
}

/**
 * Moves a custom hostname to another tenant: the agent that loses it is told first, and only when it
 * has confirmed does the other tenant get it. `pending` says that one of the two has still to follow.
 * Throws as removeHostname, and limit_reached.
 */
export async function moveHostname(
  c: EdgeContext,
  tenant: TenantDetail,
  { raw, to }: { raw: string; to: TenantDetail },
): Promise<MovedHostname> {
  const hostname = normaliseHost(raw) ?? '';
  if (to.id === tenant.id) throw new AppError('conflict', 'It is of this tenant already.');
  const isAway = await takeAway(c, tenant, { hostname, heir: to, action: 'hostname.move' });
  const isTold = isAway && (await bring(c, await reread(c, to.id)));
  const [from, heir] = [await reread(c, tenant.id), await reread(c, to.id)];
  return {
    hostname,
    from: viewOf(from, c.env, c.req.url),
    to: viewOf(heir, c.env, c.req.url),
    pending: !isTold,
  };
}
