import type { z } from 'zod';
import { routingTestBody } from '../../contract/api.ts';
import { MODEL_CATALOG, PRICE_VERSION } from '../../contract/models.ts';
import { DRAFT_VERSION } from '../../contract/policy-rule.ts';
import { explainRoute, type Policy } from '../../contract/policy.ts';
import { replayBody, type ReplayResult } from '../../contract/replay.ts';
import { explainRouteBody, MAX_POLICY_BODY_BYTES, type modelList } from '../../contract/routing.ts';
import { dbOf, type EdgeContext } from '../context.ts';
import { platformsOf } from '../env.ts';
import { findPolicy, platformNamed, policyOf, readActiveOf } from '../find-policy.ts';
import { findTenant } from '../find-tenant.ts';
import { readBody } from '../read-body.ts';
import { replayPolicy } from '../replay-policy.ts';
import type { RouteSpec } from '../route.ts';
import { systemAgent } from '../system-agent.ts';
import { policyRoutes } from './policies.ts';

const ROUTING = '/admin/api/routing';

/** The policy that is asked about: draft rules, a stored version or the one in force. */
async function policyAsked(
  c: EdgeContext,
  { rules, version }: { rules?: Policy['rules']; version?: number },
): Promise<Policy> {
  if (rules) return { version: DRAFT_VERSION, rules };
  const row =
    version === undefined ? (await readActiveOf(c)).row : await findPolicy(dbOf(c), version);
  return policyOf(row);
}

/** What models there are, and which one a request gets and why. */
export const routingRoutes: readonly RouteSpec[] = [
  ...policyRoutes,
  {
    method: 'GET',
    path: `${ROUTING}/models`,
    on: ['system'],
    action: 'routing.read',
    handle(c) {
      const list: z.infer<typeof modelList> = {
        models: [...MODEL_CATALOG],
        priceVersion: PRICE_VERSION,
        platforms: platformsOf(c.env),
      };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: `${ROUTING}/explain`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const body = await readBody(c.req.raw, explainRouteBody, MAX_POLICY_BODY_BYTES);
      const { tier, workload, promptTokens, model } = body;
      const platform = platformNamed(c.env, body.platform);
      const policy = await policyAsked(c, body);
      return c.json(explainRoute(policy, { tier, platform, workload, promptTokens, model }));
    },
  },
  {
    // What rules would have made of the last calls. It reads the books and asks no agent.
    method: 'POST',
    path: `${ROUTING}/replay`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const body = await readBody(c.req.raw, replayBody, MAX_POLICY_BODY_BYTES);
      const { tenant, calls } = body;
      const db = dbOf(c);
      const policy = await policyAsked(c, body);
      const tenantId = tenant === undefined ? null : (await findTenant(db, tenant)).id;
      const result: ReplayResult = await replayPolicy(db, { policy, tenantId, calls });
      return c.json(result);
    },
  },
  {
    // One real model call by the policy in force, booked.
    method: 'POST',
    path: `${ROUTING}/test`,
    on: ['system'],
    action: 'routing.test',
    async handle(c) {
      const { tier, workload, platform: named } = await readBody(c.req.raw, routingTestBody);
      const platform = platformNamed(c.env, named);
      const agent = await systemAgent(dbOf(c), (address) => c.var.deps.agentOf(c.env, address));
      return c.json(await agent.testRoute({ tier, workload, platform }));
    },
  },
];
