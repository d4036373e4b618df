import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { tenantsApi } from '../../../../lib/admin/tenants/tenants-api.ts';

/** The tenant that the address names by its id or slug. */
export async function load({ fetch, params }: LoadEvent) {
  return { tenant: await adminAnswer(tenantsApi(fetch).tenant(params['id'] ?? '')) };
}
