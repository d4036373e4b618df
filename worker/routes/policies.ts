import type { z } from 'zod';
import { DRAFT_VERSION } from '../../contract/policy-rule.ts';
import { diffPolicies } from '../../contract/policy.ts';
import {
  checkPolicyBody,
  createPolicyBody,
  MAX_POLICY_BODY_BYTES,
  policyDiffQuery,
  policyListQuery,
  type activePolicyView,
  type checkedPolicy,
  type policyDiff,
  type policyList,
} from '../../contract/routing.ts';
import { listPolicies } from '../../db/queries/policies.ts';
import { activatePolicy, rollBackPolicy } from '../activate-policy.ts';
import { checkRules } from '../check-policy.ts';
import { dbOf, paramOf } from '../context.ts';
import { findPolicy, policyOf, policyViewOf, readActiveOf } from '../find-policy.ts';
import { readBody, readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { storePolicy } from '../store-policy.ts';

const ROUTING = '/admin/api/routing';

/** The policies of the system: looked at, checked, stored and put in force. */
export const policyRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: `${ROUTING}/policies`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const { limit, cursor } = readQuery(new URL(c.req.url), policyListQuery);
      const active = await readActiveOf(c);
      const found = await listPolicies(dbOf(c), { limit: limit + 1, before: cursor ?? null });
      const page = found.slice(0, limit);
      const list: z.infer<typeof policyList> = {
        policies: page.map((row) => ({ ...row, active: row.version === active.version })),
        cursor: found.length > limit ? (page.at(-1)?.version ?? null) : null,
      };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: `${ROUTING}/policies`,
    on: ['system'],
    action: 'routing.write',
    async handle(c) {
      const body = await readBody(c.req.raw, createPolicyBody, MAX_POLICY_BODY_BYTES);
      return c.json(await storePolicy(c, body), 201);
    },
  },
  {
    method: 'POST',
    path: `${ROUTING}/policies/check`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const { rules } = await readBody(c.req.raw, checkPolicyBody, MAX_POLICY_BODY_BYTES);
      const { problems, errorLines } = checkRules(c.env, { version: DRAFT_VERSION, rules });
      const checked: z.infer<typeof checkedPolicy> = { ok: errorLines === null, problems };
      return c.json(checked);
    },
  },
  {
    // Before the versions, of which it is none.
    method: 'GET',
    path: `${ROUTING}/policies/active`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const { row, version, previousVersion: previous, updatedAt } = await readActiveOf(c);
      const view: z.infer<typeof activePolicyView> = {
        ...policyViewOf(row, version),
        previous,
        activatedAt: updatedAt,
      };
      return c.json(view);
    },
  },
  {
    method: 'GET',
    path: `${ROUTING}/policies/:version`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const active = await readActiveOf(c);
      return c.json(policyViewOf(await findPolicy(dbOf(c), paramOf(c, 'version')), active.version));
    },
  },
  {
    method: 'GET',
    path: `${ROUTING}/policies/:version/diff`,
    on: ['system'],
    action: 'routing.read',
    async handle(c) {
      const { from } = readQuery(new URL(c.req.url), policyDiffQuery);
      const active = await readActiveOf(c);
      const after = await findPolicy(dbOf(c), paramOf(c, 'version'));
      const before = from === undefined ? active.row : await findPolicy(dbOf(c), from);
      const diff: z.infer<typeof policyDiff> = {
        from: before.version,
        to: after.version,
        ...diffPolicies(policyOf(before), policyOf(after)),
      };
      return c.json(diff);
    },
  },
  {
    method: 'POST',
    path: `${ROUTING}/policies/:version/activate`,
    on: ['system'],
    action: 'routing.activate',
    async handle(c) {
      return c.json(await activatePolicy(c, await findPolicy(dbOf(c), paramOf(c, 'version'))));
    },
  },
  {
    method: 'POST',
    path: `${ROUTING}/rollback`,
    on: ['system'],
    action: 'routing.activate',
    async handle(c) {
      return c.json(await rollBackPolicy(c));
    },
  },
];
