import type { CreatedTenant, CreateTenantBody } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import type { CreatedInvite } from '../contract/members.ts';
import { hostnameRow } from '../db/queries/hostnames.ts';
import {
  holderOfSlug,
  insertTenant,
  tenantById,
  type TenantDetail,
} from '../db/queries/tenants.ts';
import { addressOf } from './agent.ts';
import { auditEntry } from './audit.ts';
import { dbOf, logFailure, type EdgeContext } from './context.ts';
import { platformsOf } from './env.ts';
import { makeInvite } from './invite.ts';
import { pushRecord } from './push-record.ts';
import { makeUpSlug, MAX_SLUG_TRIES, randomBelow } from './slug-names.ts';
import { hostnameOf, viewOf } from './tenant-record.ts';

/** Life of the owner's invite that comes with a new tenant, s: a week. */
const OWNER_INVITE_S = 7 * 86_400;

/** A deleted tenant's slug rests this long, ms: nobody else gets what was meant for it meanwhile. */
export const SLUG_REST_MS = 90 * 86_400_000;

/** Throws slug_taken for a slug that a tenant has, or that rests after one was deleted. */
async function refuseTaken(
  c: EdgeContext,
  name: { platform: string; slug: string },
  cause?: unknown,
): Promise<void> {
  const { platform, slug } = name;
  const deletedAfter = c.var.deps.now() - SLUG_REST_MS;
  const holder = await holderOfSlug(dbOf(c), { platform, slug, deletedAfter });
  if (!holder) return;
  const until = holder.deletedAt === null ? null : new Date(holder.deletedAt + SLUG_REST_MS);
  throw new AppError('slug_taken', `${slug} is taken on ${platform}.`, {
    hint: until
      ? `Its tenant was deleted; it is free again on ${until.toISOString()}.`
      : 'Choose another slug, or leave it out to get one made up.',
    cause,
  });
}

async function freeSlug(c: EdgeContext, body: CreateTenantBody): Promise<string> {
  const { platform, slug } = body;
  if (slug !== undefined) {
    await refuseTaken(c, { platform, slug });
    return slug;
  }
  const deletedAfter = c.var.deps.now() - SLUG_REST_MS;
  for (let tries = 0; tries < MAX_SLUG_TRIES; tries += 1) {
    const madeUp = makeUpSlug(randomBelow);
    if (!(await holderOfSlug(dbOf(c), { platform, slug: madeUp, deletedAfter }))) return madeUp;
  }
  throw new AppError('conflict', 'No free name was found.', { hint: 'Choose a slug yourself.' });
}

async function insert(c: EdgeContext, body: CreateTenantBody): Promise<TenantDetail> {
  const now = c.var.deps.now();
  const slug = await freeSlug(c, body);
  const tenant = {
    id: crypto.randomUUID(),
    slug,
    platform: body.platform,
    tier: body.tier,
    status: 'active' as const,
    region: body.region ?? null,
    internet: body.internet ?? null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const hostname = hostnameOf(tenant);
  const entry = auditEntry(c, {
    action: 'tenant.create',
    target: `tenant:${tenant.id}`,
    tenantId: tenant.id,
    after: tenant,
  });
  try {
    await insertTenant(dbOf(c), { tenant, hostname, entry });
  } catch (cause) {
    // Someone else may have taken the name since it was looked up.
    await refuseTaken(c, tenant, cause);
    // Claimed before its domain became one of our platforms.
    if (await hostnameRow(dbOf(c), hostname)) {
      throw new AppError('hostname_taken', `${hostname} belongs to another tenant.`, { cause });
    }
    throw cause;
  }
  c.var.deps.recentHosts.delete(hostname);
  const fresh = { limits: null, deletedAt: null, state: 'asleep', appliedVersion: 0 };
  return { ...tenant, ...fresh, hostnames: [hostname] };
}

/** The owner's invite is a service: without it the tenant is made all the same. */
async function ownerInvite(c: EdgeContext, tenant: TenantDetail): Promise<CreatedInvite | null> {
  try {
    c.set('tenant', addressOf(tenant));
    return await makeInvite(c, { role: 'owner', expiresInS: OWNER_INVITE_S });
  } catch (error) {
    logFailure(c, 'invite.create.failed', error);
    return null;
  }
}

/**
 * Makes a tenant: row, hostname and audit in one commit, then its agent is told, then its owner
 * invited. `pending` says that the agent could not be told yet; cron goes on. Throws slug_taken,
 * conflict and invalid_request.
 */
export async function createTenant(c: EdgeContext, body: CreateTenantBody): Promise<CreatedTenant> {
  const platforms = platformsOf(c.env);
  if (!platforms.includes(body.platform)) {
    throw new AppError('invalid_request', `platform: must be one of ${platforms.join(', ')}`);
  }
  const inserted = await insert(c, body);
  const pending = !(await pushRecord(c, inserted));
  const invite = pending ? null : await ownerInvite(c, inserted);
  const tenant = (await tenantById(dbOf(c), inserted.id)) ?? inserted;
  return { ...viewOf(tenant, c.env, c.req.url), invite, pending };
}
