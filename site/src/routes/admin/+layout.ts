import type { LoadEvent } from '@sveltejs/kit';
import { operatorView } from '../../../../contract/api.ts';
import { askFor } from '../../lib/api/http.ts';
import { adminAnswer } from '../../lib/admin/admin-answer.ts';

/** Who reads the dashboard. */
export async function load({ fetch }: LoadEvent) {
  return { operator: await adminAnswer(askFor(fetch, operatorView, '/admin/api/me')) };
}
