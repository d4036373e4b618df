import type { Context } from 'hono';
import type { JWTVerifyGetKey } from 'jose';
import { AppError, type ErrorCode } from '../contract/errors.ts';
import { ulidSchema } from '../contract/ids.ts';
import { openDb, type Db } from '../db/queries/open.ts';
import type { TenantAddress } from '../db/queries/hostnames.ts';
import type { CallerKind, EdgeCaller } from './access.ts';
import type { AgentStub } from './agent.ts';
import { admitAddress } from './count-requests.ts';
import type { Env } from './env.ts';
import type { LateSettles } from './late-settles.ts';
import type { Place, PlaceKind } from './locate.ts';
import { describeCause, type Log } from './log.ts';
import type { DirectoryDeps } from './tenant-directory.ts';
import type { RecentHosts } from './recent-hosts.ts';
import type { RateLimitName } from './rate-limits.ts';
import type { RecentStatus } from './recent-status.ts';
import type { RecentRefusals } from './recent-refusals.ts';
import type { RefusalCounts } from './refusal-counts.ts';

/** The built site: SvelteKit's worker. */
export interface Site {
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Response | Promise<Response>;
}

/** What the edge touches beside its bindings; tests put their own in. */
export interface EdgeDeps {
  agentOf(env: Env, address: TenantAddress): AgentStub;
  /** The signing keys of an Access team, by the address where it publishes them. */
  keysOf(certsUrl: string): JWTVerifyGetKey;
  site: Site;
  /** Asks the AI Gateway. */
  fetch: typeof fetch;
  recentHosts: RecentHosts;
  refusals: RecentRefusals;
  refusalCounts: RefusalCounts;
  lateSettles: LateSettles;
  status: RecentStatus;
  now(): number;
  log: Log;
}

/** What the log says of a request, filled in while it is understood. */
export interface Trace {
  /** The same in the answer, the log, the audit and at the agent. */
  requestId: string;
  place?: PlaceKind;
  route?: string;
  caller?: CallerKind;
  /** Errors go out in the shape of OpenAI's API. */
  isOpenAi?: boolean;
  tenantId?: string;
  /** Which limit it was that refused it. */
  limit?: RateLimitName;
  /** Who asks by a credential that an agent has to know; not for the log. */
  credential?: EdgeCaller;
}

export interface EdgeTypes {
  Bindings: Env;
  Variables: {
    deps: EdgeDeps;
    place: Place;
    trace: Trace;
    /** Who asks, once it was asked for. */
    caller: EdgeCaller;
    /** The tenant whose host or path it is; absent on the system's own. */
    tenant: TenantAddress | undefined;
  };
}
export type EdgeContext = Context<EdgeTypes>;

/** The id of the request. */
export function requestIdOf(c: EdgeContext): string {
  return c.var.trace.requestId;
}

/** D1 for this request. */
export function dbOf(c: EdgeContext): Db {
  return openDb(c.env.DB);
}

/** What the tenant directory needs, for this request. */
export function directoryDeps(c: EdgeContext): DirectoryDeps {
  return {
    kv: c.env.DIRECTORY,
    db: () => dbOf(c),
    recentHosts: c.get('deps').recentHosts,
    now: c.get('deps').now(),
    later: (work) => c.executionCtx.waitUntil(work),
    admitLookup: () => admitAddressOf(c, 'PUBLIC_LIMIT'),
  };
}

/**
 * Counts a request by its address, and by `of` where that is given. Throws rate_limited for one too
 * many.
 */
export function admitAddressOf(c: EdgeContext, limit: RateLimitName, of?: string): Promise<void> {
  const { deps, trace } = c.var;
  const { headers } = c.req.raw;
  return admitAddress({ env: c.env, log: deps.log, trace, headers }, limit, of);
}

/** Logs a failure that the request survives. */
export function logFailure(c: EdgeContext, event: string, error: unknown): void {
  c.var.deps.log({
    level: 'warn',
    event,
    requestId: requestIdOf(c),
    tenantId: c.var.tenant?.tenantId,
    cause: describeCause(error),
  });
}

/** A named part of the route's path. */
export function paramOf(c: EdgeContext, name: string): string {
  return c.req.param(name) ?? '';
}

/** The ULID in a named part of the route’s path. AppError `code` when it is none: there is no such `thing`. */
export function ulidOf(
  c: EdgeContext,
  { param, code, thing }: { param: string; code: ErrorCode; thing: string },
): string {
  const id = ulidSchema.safeParse(paramOf(c, param));
  if (!id.success) throw new AppError(code, `There is no such ${thing}.`);
  return id.data;
}
