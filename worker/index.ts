import site from '#site';
import { accessKeys } from './access-jwt.ts';
import { agentOf } from './agent.ts';
import type { EdgeDeps } from './context.ts';
import { runCron } from './cron.ts';
import { createEdge } from './edge.ts';
import type { Env } from './env.ts';
import { LateSettles } from './late-settles.ts';
import { workerLog } from './log.ts';
import { RecentHosts } from './recent-hosts.ts';
import { RecentRefusals } from './recent-refusals.ts';
import { RecentStatus } from './recent-status.ts';
import { RefusalCounts } from './refusal-counts.ts';

export { TenantAgent, TenantEgress } from '../durable/index.ts';

const deps: EdgeDeps = {
  agentOf,
  keysOf: accessKeys,
  site,
  fetch: (input, init) => fetch(input, init),
  recentHosts: new RecentHosts(),
  refusals: new RecentRefusals(),
  refusalCounts: new RefusalCounts(),
  lateSettles: new LateSettles(Date.now),
  status: new RecentStatus(),
  now: Date.now,
  log: workerLog,
};
const edge = createEdge(deps);

export default {
  fetch: (request, env, ctx) => edge.fetch(request, env, ctx),
  scheduled: (_controller, env) => runCron(env, deps),
} satisfies ExportedHandler<Env>;
