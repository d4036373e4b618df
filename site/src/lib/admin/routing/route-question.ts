import { z } from 'zod';
import type { RouteRequest } from '../../../../../contract/policy.ts';
import { TIERS, tierSchema, WORKLOADS, workloadSchema } from '../../../../../contract/tiers.ts';

const promptTokens = z.coerce.number().int().min(0).max(100_000_000);

/** What a route is asked for, as an address says it; what it says wrongly is not asked. */
export function routeQuestion(search: URLSearchParams, platforms: readonly string[]): RouteRequest {
  const platform = search.get('platform') ?? '';
  const tokens = promptTokens.safeParse(search.get('promptTokens') || undefined);
  const model = search.get('model') ?? '';
  return {
    tier: tierSchema.safeParse(search.get('tier')).data ?? TIERS[0],
    platform: platforms.includes(platform) ? platform : (platforms[0] ?? ''),
    workload: workloadSchema.safeParse(search.get('workload')).data ?? WORKLOADS[0],
    ...(tokens.success ? { promptTokens: tokens.data } : {}),
    ...(model === '' ? {} : { model }),
  };
}
