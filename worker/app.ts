import { Hono } from 'hono';
import { AppError } from '../contract/errors.ts';
import { bootProblems } from './boot.ts';
import { answerPreflight } from './cors.ts';
import type { EdgeDeps, EdgeTypes, Trace } from './context.ts';
import { devModeRefusal } from './dev-mode.ts';
import { isDevMode, platformsOf, type Env } from './env.ts';
import { hostOf } from './host-name.ts';
import { locate, type Place } from './locate.ts';
import { innerPath, mount } from './route.ts';
import { ROUTES } from './routes/index.ts';
import { servePage, type EdgeFetcher } from './site.ts';

/** Where a request arrived. Throws unknown_host for what is no host. */
function placeOf(url: URL, env: Env): { place: Place; hostname: string } {
  const hostname = hostOf(url);
  if (hostname === null) throw new AppError('unknown_host', 'This is not a valid host.');
  const territory = { platforms: platformsOf(env), devMode: isDevMode(env) };
  return { place: locate(hostname, url.pathname, territory), hostname };
}

/** Where a request without TLS is sent; one that would change something has said too much already. */
function toHttps(request: Request, url: URL): Response | null {
  if (url.protocol === 'https:') return null;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new AppError('https_required', 'Use https: what is sent without it can be read.');
  }
  const target = new URL(url);
  target.protocol = 'https:';
  return new Response(null, { status: 308, headers: { location: target.href } });
}

/** A Worker that is set up wrongly answers nothing but what is wrong. */
function refuseUnconfigured(env: Env, pathname: string): void {
  const problems = bootProblems(env);
  if (problems.length === 0 || pathname === '/healthz') return;
  throw new AppError('not_configured', 'The system is not configured.', {
    hint: 'skclaw env validate names what to do.',
    details: [...problems],
  });
}

export interface App {
  hono: Hono<EdgeTypes>;
  /** Answers, or throws an error for the edge to render; `trace` is filled in for the log. */
  fetch(
    asked: { request: Request; url: URL },
    env: Env,
    ctx: ExecutionContext,
    trace: Trace,
  ): Promise<Response>;
}

/** The routes and pages of the system. `edge` is what pages ask while they are rendered. */
export function createApp(
  deps: EdgeDeps,
  edge: (env: Env, ctx: ExecutionContext) => EdgeFetcher,
): App {
  const arrivals = new WeakMap<Request, { place: Place; trace: Trace }>();
  const arrivalOf = (request: Request): { place: Place; trace: Trace } => {
    const arrival = arrivals.get(request);
    if (!arrival) throw new Error('A request reached the routes without its place.');
    return arrival;
  };
  const hono = new Hono<EdgeTypes>({ getPath: (request) => innerPath(arrivalOf(request).place) });
  hono.use(async (c, next) => {
    c.set('deps', deps);
    const { place, trace } = arrivalOf(c.req.raw);
    c.set('place', place);
    c.set('trace', trace);
    await next();
  });
  mount(hono, ROUTES);
  hono.notFound((c) => servePage(c, edge(c.env, c.executionCtx as ExecutionContext)));
  hono.onError((error) => {
    throw error;
  });
  return {
    hono,
    async fetch({ request, url }, env, ctx, trace) {
      refuseUnconfigured(env, url.pathname);
      const { place, hostname } = placeOf(url, env);
      const refused = isDevMode(env) ? devModeRefusal(request, hostname) : null;
      if (refused) throw refused;
      const moved = isDevMode(env) ? null : toHttps(request, url);
      if (moved) return moved;
      trace.place = place.kind;
      trace.isOpenAi = place.kind !== 'system' && place.path.startsWith('/v1/');
      if (trace.isOpenAi && request.method === 'OPTIONS') return answerPreflight();
      arrivals.set(request, { place, trace });
      return hono.fetch(request, env, ctx);
    },
  };
}
