import site from '#site';
import { accessKeys } from './access-jwt.ts';
import { agentOf } from './agent.ts';
import type { EdgeDeps } from './context.ts';
import { sweepAgents } from './cron.ts';
import { createEdge } from './edge.ts';
import type { Env } from './env.ts';
import { workerLog } from './log.ts';
import { UnknownHosts } from './unknown-hosts.ts';

export { TenantAgent, TenantEgress } from '../durable/index.ts';

const deps: EdgeDeps = {
  agentOf,
  keysOf: accessKeys,
  site,
  fetch: (input, init) => fetch(input, init),
  unknownHosts: new UnknownHosts(),
  now: Date.now,
  log: workerLog,
};
const edge = createEdge(deps);

export default {
  fetch: (request, env, ctx) => edge.fetch(request, env, ctx),
  scheduled: (_controller, env) => sweepAgents(env, deps),
} satisfies ExportedHandler<Env>;
