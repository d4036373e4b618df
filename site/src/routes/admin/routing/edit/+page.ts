import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { routingApi } from '../../../../lib/admin/routing/routing-api.ts';

export async function load({ fetch, url }: LoadEvent) {
  const api = routingApi(fetch);
  const from = url.searchParams.get('from');
  const [base, { policies }, { platforms }] = await adminAnswer(
    Promise.all([from ? api.policy(from) : api.active(), api.policies({ limit: 1 }), api.models()]),
  );
  return { base, newest: policies[0]?.version ?? base.version, platforms };
}
