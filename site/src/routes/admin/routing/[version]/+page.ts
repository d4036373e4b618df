import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { routingApi } from '../../../../lib/admin/routing/routing-api.ts';

/** Versions that are offered to compare with. */
const OFFERED = 100;

export async function load({ fetch, url, params }: LoadEvent<{ version: string }>) {
  const api = routingApi(fetch);
  const [policy, active, { policies }] = await adminAnswer(
    Promise.all([api.policy(params.version), api.active(), api.policies({ limit: OFFERED })]),
  );
  // What is in force is compared with what was in force before it.
  const usual = policy.active ? active.previous : null;
  const against = url.searchParams.get('against') ?? usual;
  const diff = await adminAnswer(api.diff(params.version, against));
  return { policy, diff, active, policies };
}
