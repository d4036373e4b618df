import type { AttentionReason } from '../../../../../contract/agent-list.ts';
import type { CreateTenantBody } from '../../../../../contract/api.ts';
import type { TenantStatus } from '../../../../../contract/agent.ts';
import { SYSTEM_TENANT_ID } from '../../../../../contract/ids.ts';
import type { Tier } from '../../../../../contract/tiers.ts';

export const TIER_NAMES: Record<Tier, string> = {
  free: 'Free',
  premium: 'Premium',
  enterprise: 'Enterprise',
};

/** Why a person should look at an agent: in a word or two, and what it means. */
export const ATTENTION_WORDS: Record<AttentionReason, { name: string; meaning: string }> = {
  failed: { name: 'Failed', meaning: 'The last wake failed. The agent’s page says why.' },
  overdue: {
    name: 'Step overdue',
    meaning: 'Something was due over a quarter of an hour ago and has not been done.',
  },
  behind: {
    name: 'Change not confirmed',
    meaning: 'The agent has not confirmed a change that is over a quarter of an hour old.',
  },
  deleting: {
    name: 'Deletion not complete',
    meaning:
      'The tenant was deleted over a quarter of an hour ago, and something is left to erase.',
  },
};

type Region = NonNullable<CreateTenantBody['region']>;

/** Cloudflare's location hints, as people name them. */
export const REGION_NAMES: Record<Region, string> = {
  wnam: 'Western North America',
  enam: 'Eastern North America',
  sam: 'South America',
  weur: 'Western Europe',
  eeur: 'Eastern Europe',
  apac: 'Asia-Pacific',
  oc: 'Oceania',
  afr: 'Africa',
  me: 'Middle East',
};

export function regionName(region: string | null): string {
  if (region === null) return 'Wherever it was first asked from';
  return (REGION_NAMES as Record<string, string>)[region] ?? region;
}

/** Whether the container reaches the internet: its own setting, or its tier's. */
export function internetWords(own: boolean | null, ofTier: boolean): string {
  const is = (own ?? ofTier) ? 'On' : 'Off';
  return own === null ? `${is}, as the tier has it` : is;
}

interface Named {
  id: string;
  slug: string;
  status: TenantStatus;
}

/**
 * What names a tenant in an address: its slug, or its id where the slug names another thing, or may
 * name another tenant.
 */
export function referenceOf({ id, slug, status }: Named, platforms: readonly string[]): string {
  const isPlain = status !== 'deleted' && platforms.length < 2 && slug !== 'new';
  return isPlain ? slug : id;
}

export const isSystem = ({ id }: { id: string }): boolean => id === SYSTEM_TENANT_ID;

/** Whether something can still be changed. */
export function isOpen(tenant: Named): boolean {
  return !isSystem(tenant) && (tenant.status === 'active' || tenant.status === 'suspended');
}
