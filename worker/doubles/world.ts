import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { JWTVerifyGetKey } from 'jose';
import type { EdgeDeps } from '../context.ts';
import { createEdge, type Edge } from '../edge.ts';
import type { Env } from '../env.ts';
import type { LogEntry } from '../log.ts';
import { LateSettles } from '../late-settles.ts';
import { RecentHosts } from '../recent-hosts.ts';
import { RecentRefusals } from '../recent-refusals.ts';
import { RecentStatus } from '../recent-status.ts';
import { RefusalCounts } from '../refusal-counts.ts';
import { AgentDouble } from './agent.ts';

export interface World {
  edge: Edge;
  env: Env;
  deps: EdgeDeps;
  agents: Map<string, AgentDouble>;
  log: LogEntry[];
  agent(tenantId: string): AgentDouble;
  ask(url: string, init?: RequestInit): Promise<Response>;
}

/** The edge over real D1, KV and R2 with agents in memory. */
export async function createWorld(
  changed: { env?: Partial<Env>; keys?: JWTVerifyGetKey } = {},
): Promise<World> {
  const worldEnv: Env = { ...env, ...changed.env };
  const agents = new Map<string, AgentDouble>();
  const log: LogEntry[] = [];
  function agent(tenantId: string): AgentDouble {
    const known = agents.get(tenantId);
    if (known) return known;
    const made = new AgentDouble();
    agents.set(tenantId, made);
    return made;
  }
  const deps: EdgeDeps = {
    agentOf: (_env, { tenantId }) => agent(tenantId).stub,
    keysOf: () => changed.keys ?? (() => Promise.reject(new Error('no keys'))),
    site: {
      async fetch(request, siteEnv) {
        const { pathname } = new URL(request.url);
        if (!pathname.endsWith('/ssr')) return new Response(`page ${pathname}`);
        const { EDGE } = siteEnv as { EDGE: { fetch(request: Request): Promise<Response> } };
        return EDGE.fetch(new Request(new URL('/healthz', request.url)));
      },
    },
    fetch: () => Promise.resolve(Response.json({ success: true, result: [] })),
    recentHosts: new RecentHosts(),
    refusals: new RecentRefusals(),
    refusalCounts: new RefusalCounts(),
    lateSettles: new LateSettles(Date.now),
    status: new RecentStatus(),
    now: () => Date.now(),
    log: (entry) => log.push(entry),
  };
  const edge = createEdge(deps);
  return {
    edge,
    env: worldEnv,
    deps,
    agents,
    log,
    agent,
    async ask(url, init) {
      const ctx = createExecutionContext();
      const response = await edge.fetch(new Request(url, init), worldEnv, ctx);
      await waitOnExecutionContext(ctx);
      return response;
    },
  };
}
