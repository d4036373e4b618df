import { z } from 'zod';
import { tenantView } from './api.ts';
import { tenantId } from './ids.ts';

/** Hostnames of one tenant, its slug's own included: all of them are in its agent's record. */
export const MAX_HOSTNAMES = 20;

/** A hostname as it is typed; the edge normalises it. The bound is that of what is looked at. */
const typedHostname = z.string().min(1).max(1_024);

export const addHostnameBody = z.strictObject({ hostname: typedHostname });

export const moveHostnameBody = z.strictObject({
  /** Id or slug of the tenant that gets it. */
  to: z.string().min(1).max(253),
});

/**
 * `active`: it reaches the tenant. `leaving`: it is taken away from the tenant and nobody's until the
 * tenant's agent has confirmed that. `arriving`: the same of another tenant, and this one gets it.
 */
const hostnameState = z.enum(['active', 'leaving', 'arriving']);

export const hostnameView = z.object({
  hostname: z.string(),
  /** The slug's own, which stays, or a custom one. */
  kind: z.enum(['own', 'custom']),
  state: hostnameState,
  /** Who has it, or is losing it. */
  tenantId,
  /** Who gets it; null when it only leaves, or stays. */
  heirId: tenantId.nullable(),
  /** Since when it is the tenant's, UTC ms. */
  since: z.number().int(),
});
export type HostnameView = z.infer<typeof hostnameView>;

/** From `GET /admin/api/tenants/:id/hostnames`. */
export const hostnameList = z.object({ hostnames: z.array(hostnameView) });

/**
 * From `POST …/hostnames/:hostname/move`: 200, or 202 while an agent has still to follow. Until the
 * one that loses it has, the hostname reaches nobody.
 */
export const movedHostname = z.object({
  hostname: z.string(),
  from: tenantView,
  to: tenantView,
  pending: z.boolean(),
});
export type MovedHostname = z.infer<typeof movedHostname>;
