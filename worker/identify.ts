import { AppError } from '../contract/errors.ts';
import { addressOfSlug, type TenantAddress } from '../db/queries/hostnames.ts';
import { roleOfOperator } from '../db/queries/operators.ts';
import type { EdgeCaller } from './access.ts';
import { dbOf, directoryDeps, type EdgeContext } from './context.ts';
import { isDevMode } from './env.ts';
import { keyIn } from './key-caller.ts';
import type { Place } from './locate.ts';
import { openCookie } from './member-cookie.ts';
import { identifyOperator } from './operator.ts';
import { crossOrigin, isChange, isNotForeign, isSameOrigin } from './same-origin.ts';
import { findHost, rereadHost } from './tenant-directory.ts';

const NOBODY: EdgeCaller = { kind: 'nobody' };

/** Operators are asked for on the system's own hosts and by path, members on a tenant's host. */
async function operatorIn(c: EdgeContext): Promise<EdgeCaller> {
  const { deps } = c.var;
  const operator = await identifyOperator(c.req.raw.headers, c.env, {
    keysOf: deps.keysOf,
    roleOf: (identity) => roleOfOperator(dbOf(c), identity),
    now: deps.now(),
  });
  return operator ?? NOBODY;
}

async function memberIn(
  c: EdgeContext,
  hostname: string,
): Promise<{ caller: EdgeCaller; tenant: TenantAddress }> {
  const directory = directoryDeps(c);
  let tenant = await findHost(directory, hostname);
  if (!tenant) throw unknownHost();
  const pass = await openCookie(c.req.header('cookie') ?? null, {
    keys: c.env.SESSION_SIGNING_KEYS,
    devMode: isDevMode(c.env),
    host: hostname,
    now: directory.now,
  });
  if (!pass) return { caller: NOBODY, tenant };
  // A host that moved: the cookie may know better than a copy of up to a minute ago.
  if (pass.tenantId !== tenant.tenantId) tenant = await rereadHost(directory, hostname);
  if (!tenant) throw unknownHost();
  if (pass.tenantId !== tenant.tenantId) return { caller: NOBODY, tenant };
  if (isChange(c.req.raw) && !isSameOrigin(c.req.raw)) throw crossOrigin();
  const { memberId, signInId, tenantId } = pass;
  return { caller: { kind: 'member', memberId, signInId, tenantId }, tenant };
}

async function tenantByPath(
  c: EdgeContext,
  place: Extract<Place, { kind: 'by-path' }>,
): Promise<TenantAddress> {
  const tenant = await addressOfSlug(dbOf(c), place);
  if (!tenant) throw new AppError('tenant_not_found', `There is no tenant ${place.slug} here.`);
  return tenant;
}

/** A program on its tenant's host or by path; null when the request carries no key. */
async function programIn(
  c: EdgeContext,
  hostname: string,
): Promise<{ caller: EdgeCaller; tenant: TenantAddress | undefined } | null> {
  const caller = keyIn(c.req.raw.headers, hostname);
  if (!caller) return null;
  const tenant = (await findHost(directoryDeps(c), hostname)) ?? undefined;
  // Of a host that is nobody's a program is told what it is told of a wrong key.
  return tenant ? { caller, tenant } : { caller: NOBODY, tenant };
}

/**
 * Who asks, and for which tenant. By path nothing is said about tenants to who is neither an operator
 * nor a program of theirs, and no cookie is read: there all tenants share one origin.
 */
export async function identify(c: EdgeContext): Promise<void> {
  const place = c.get('place');
  if (place.kind === 'tenant') {
    const { caller, tenant } =
      (await programIn(c, place.hostname)) ?? (await memberIn(c, place.hostname));
    c.set('caller', caller);
    c.set('tenant', tenant);
    return;
  }
  const program =
    place.kind === 'by-path' ? await programIn(c, `${place.slug}.${place.platform}`) : null;
  if (program) {
    c.set('caller', program.caller);
    c.set('tenant', program.tenant);
    return;
  }
  // Access turns a browser's cookie into its assertion, whichever page the request came from.
  if (isChange(c.req.raw) && !isNotForeign(c.req.raw)) throw crossOrigin();
  const caller = await operatorIn(c);
  c.set('caller', caller);
  if (place.kind === 'by-path' && caller.kind !== 'nobody') {
    c.set('tenant', await tenantByPath(c, place));
  }
}

/** The refusal of a host that belongs to no tenant. */
export function unknownHost(): AppError {
  return new AppError('unknown_host', 'There is no tenant at this address.');
}
