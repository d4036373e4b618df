import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { routingApi } from '../../../../lib/admin/routing/routing-api.ts';

/** Versions that are offered to compare with. */
const OFFERED = 100;

export async function load({ fetch, url, params }: LoadEvent<{ version: string }>) {
  const api = routingApi(fetch);
  const against = url.searchParams.get('against');
  const [policy, diff, active, { policies }] = await adminAnswer(
    Promise.all([
      api.policy(params.version),
      api.diff(params.version, against),
      api.active(),
      api.policies({ limit: OFFERED }),
    ]),
  );
  return { policy, diff, active, policies };
}
