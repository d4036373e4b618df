import type { LoadEvent } from '@sveltejs/kit';
import { filtered } from '../../../lib/admin/filtered.ts';
import { tenantQuery } from '../../../lib/admin/tenants/tenant-query.ts';
import { tenantsApi } from '../../../lib/admin/tenants/tenants-api.ts';

export async function load({ fetch, url }: LoadEvent) {
  return { list: await filtered(tenantsApi(fetch).agents(tenantQuery(url.searchParams))) };
}
