import type { TenantRecord } from '../contract/agent.ts';
import type { TenantView } from '../contract/api.ts';
import { sandboxIdOf, SYSTEM_TENANT_ID } from '../contract/ids.ts';
import { limitsOf } from '../contract/tiers.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { isDevMode, platformsOf } from './env.ts';
import { localName } from './locate.ts';

/** What the agent is told about its tenant. As long as there is an agent, it is being deleted at most. */
export function recordOf(tenant: TenantDetail): TenantRecord {
  const { id, slug, platform, tier, hostnames, internet, limits, version } = tenant;
  const status = tenant.status === 'deleted' ? 'deleting' : tenant.status;
  return { id, slug, platform, tier, status, hostnames, internet, limits, version };
}

/** The hostname every tenant has; the system tenant has none. */
export function hostnameOf(tenant: Pick<TenantDetail, 'id' | 'slug' | 'platform'>): string {
  return tenant.id === SYSTEM_TENANT_ID ? '' : `${tenant.slug}.${tenant.platform}`;
}

/** The origin of a tenant's host: https, or on a developer's machine http at the port asked on. */
export function originOf(
  hostname: string,
  env: { DEV_MODE: string; PLATFORMS: string },
  requestUrl: string,
): string {
  if (hostname === '') return '';
  if (!isDevMode(env)) return `https://${hostname}`;
  const { port } = new URL(requestUrl);
  return `http://${localName(hostname, platformsOf(env))}${port === '' ? '' : `:${port}`}`;
}

/** A tenant as operators see it. */
export function viewOf(
  tenant: TenantDetail,
  env: { DEV_MODE: string; PLATFORMS: string },
  requestUrl: string,
): TenantView {
  const hostname = hostnameOf(tenant);
  return {
    id: tenant.id,
    slug: tenant.slug,
    platform: tenant.platform,
    tier: tenant.tier,
    status: tenant.status,
    region: tenant.region,
    internet: tenant.internet,
    limits: tenant.limits,
    effectiveLimits: limitsOf(tenant),
    hostname,
    hostnames: tenant.hostnames,
    url: originOf(hostname, env, requestUrl),
    sandboxId: sandboxIdOf(tenant.id),
    version: tenant.version,
    appliedVersion: tenant.appliedVersion,
    state: tenant.state,
    createdAt: tenant.createdAt,
    updatedAt: tenant.updatedAt,
    deletedAt: tenant.deletedAt,
  };
}
