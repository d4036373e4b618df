import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../lib/admin/admin-answer.ts';
import { healthApi } from '../../../lib/admin/health/health-api.ts';

export async function load({ fetch }: LoadEvent) {
  const api = healthApi(fetch);
  const [health, release] = await Promise.all([
    adminAnswer(api.check()),
    adminAnswer(api.release()),
  ]);
  return { health, release, loadedAt: Date.now() };
}
