import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../../lib/admin/admin-answer.ts';
import { tenantsApi } from '../../../../../lib/admin/tenants/tenants-api.ts';

/** The people of a tenant, as its agent keeps them. Asking neither wakes it nor keeps it awake. */
export async function load({ fetch, params }: LoadEvent) {
  const api = tenantsApi(fetch);
  const id = params['id'] ?? '';
  const [{ members }, { invites }, { signIns }] = await Promise.all([
    adminAnswer(api.members(id)),
    adminAnswer(api.invites(id)),
    adminAnswer(api.signIns(id)),
  ]);
  return { members, invites, signIns };
}
