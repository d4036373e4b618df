import type { z } from 'zod';
import { routingTestBody, routingTestResult } from '../../../../../contract/api.ts';
import { replayResult, type ReplayBody } from '../../../../../contract/replay.ts';
import {
  activePolicyView,
  createdPolicy,
  modelList,
  policyActivation,
  policyDiff,
  policyList,
  policyView,
  type createPolicyBody,
} from '../../../../../contract/routing.ts';
import { askFor, type Fetch } from '../../api/http.ts';
import { queryOf } from '../address.ts';

const ROUTING = '/admin/api/routing';
/** Every policy page asks for what is under it; `invalidate(isRouting)` asks for all of it again. */
export const isRouting = (url: URL): boolean => url.pathname.startsWith(ROUTING);

/** What the dashboard asks of the routing API and tells it. All throw ApiError. */
export function routingApi(fetch: Fetch) {
  const get = <T>(schema: z.ZodType<T>, path: string): Promise<T> =>
    askFor(fetch, schema, ROUTING + path);
  const post = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> =>
    askFor(fetch, schema, ROUTING + path, { method: 'POST', body });
  return {
    active: () => get(activePolicyView, '/policies/active'),
    policies: (query: { limit: number; cursor?: string | null }) =>
      get(policyList, `/policies${queryOf(query)}`),
    policy: (version: string) => get(policyView, `/policies/${encodeURIComponent(version)}`),
    diff: (version: string, from: string | number | null) =>
      get(policyDiff, `/policies/${encodeURIComponent(version)}/diff${queryOf({ from })}`),
    models: () => get(modelList, '/models'),
    create: (body: z.input<typeof createPolicyBody>) => post(createdPolicy, '/policies', body),
    activate: (version: number) => post(policyActivation, `/policies/${version}/activate`),
    rollBack: () => post(policyActivation, '/rollback'),
    replay: (body: ReplayBody) => post(replayResult, '/replay', body),
    test: (body: z.input<typeof routingTestBody>) => post(routingTestResult, '/test', body),
  };
}

/** The API from within a page, which is there in a browser only. */
export const browserRouting = routingApi((input, init) => fetch(input, init));
