import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../lib/admin/admin-answer.ts';
import { operatorsApi } from '../../../lib/admin/operators/operators-api.ts';

export async function load({ fetch }: LoadEvent) {
  return await adminAnswer(operatorsApi(fetch).list());
}
