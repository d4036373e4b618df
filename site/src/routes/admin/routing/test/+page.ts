import type { LoadEvent } from '@sveltejs/kit';
import { adminAnswer } from '../../../../lib/admin/admin-answer.ts';
import { routeQuestion } from '../../../../lib/admin/routing/route-question.ts';
import { routingApi } from '../../../../lib/admin/routing/routing-api.ts';

export async function load({ fetch, url }: LoadEvent) {
  const api = routingApi(fetch);
  const version = url.searchParams.get('version');
  const [policy, { platforms }] = await adminAnswer(
    Promise.all([version ? api.policy(version) : api.active(), api.models()]),
  );
  return { policy, platforms, question: routeQuestion(url.searchParams, platforms) };
}
