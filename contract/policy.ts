/** The routing policy: its rules, the route of a request, and what can be wrong with it. */
export { explainRoute } from './explain-route.ts';
export { diffPolicies } from './policy-diff.ts';
export { MIN_CONTEXT_TOKENS, policyProblems, type PolicyProblem } from './policy-problems.ts';
export { policySchema, type Policy, type PolicyRule } from './policy-rule.ts';
export { allowedModels, resolveRoute, type Route, type RouteRequest } from './route.ts';
