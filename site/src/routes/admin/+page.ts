import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../lib/admin/admin-answer.ts';
import { overviewApi } from '../../lib/admin/overview/overview-api.ts';

export async function load({ fetch }: LoadEvent) {
  return { overview: await adminAnswer(overviewApi(fetch).read()) };
}
