import type { LoadEvent } from '@sveltejs/kit';
import type { TenantView } from '../../../../../../contract/api.ts';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { tenantsApi } from '../../../../lib/admin/tenants/tenants-api.ts';

type OfTenant = LoadEvent<{ id: string }, null, { tenant: TenantView }>;

/** What the tenant's agent last said of itself; null for one that is in no list. */
export async function load({ fetch, parent }: OfTenant) {
  const { tenant } = await parent();
  const query = { q: tenant.id, status: tenant.status, limit: 1 };
  const { agents } = await adminAnswer(tenantsApi(fetch).agents(query));
  return { agent: agents[0] ?? null };
}
