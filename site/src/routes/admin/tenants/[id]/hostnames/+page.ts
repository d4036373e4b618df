import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { tenantsApi } from '../../../../../lib/admin/tenants/tenants-api.ts';

export async function load({ fetch, params }: LoadEvent) {
  return { hostnames: await adminAnswer(tenantsApi(fetch).hostnames(params['id'] ?? '')) };
}
