import type { z } from 'zod';
import type { healthChecks, healthView, RoutingTestResult } from '../../contract/api.ts';
import type { CloudflareServer } from './server.ts';
import type { Version, Worker } from './state.ts';
import { liveDeployment } from './worker-releases.ts';

/** Secrets without which the Worker serves nothing. */
const NEEDED_SECRETS = ['CLOUDFLARE_AI_GATEWAY_API_KEY', 'SESSION_SIGNING_KEYS'];

export interface EdgeFault {
  /** Part of the URL, such as `/healthz` or `https://api.`. */
  url: string;
  /** The number of the version that fails, 1 for the Worker's first; any when left out. */
  version?: number;
  status?: number;
  body?: unknown;
  /** How many requests fail; all of them unless told otherwise. */
  times?: number;
}

interface EdgeRequest {
  method: string;
  url: string;
  /** The version that answered; null when none was asked. */
  versionId: string | null;
}

export interface EdgeOptions {
  /** What Access takes for a service token's. */
  clientId?: string;
  clientSecret?: string;
  teamDomain?: string;
  /** Answers of the system's API by `METHOD /path`, such as those that a smoke test asks. */
  answers?: Record<string, (request: Request) => Response | Promise<Response>>;
}

const ROUTED: RoutingTestResult = {
  model: '@cf/zai-org/glm-4.7-flash',
  explanation: 'scripted',
  policyVersion: 1,
  rule: 0,
  fallbackUsed: false,
  attempts: 1,
  latencyMs: 120,
  firstByteMs: 40,
  tokensIn: 4,
  tokensOut: 1,
  costNano: 10,
  logId: null,
  callId: 'scripted',
  answer: 'OK',
};

function isRouted(pattern: string, url: URL): boolean {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(url.hostname + url.pathname);
}

/** The Worker whose route has a URL; the longest pattern wins, as at Cloudflare. */
function workerAt(account: CloudflareServer, url: URL): Worker | null {
  const routes = [...account.state.zones.values()].flatMap((zone) => zone.routes);
  const [route] = routes
    .filter(({ pattern }) => isRouted(pattern, url))
    .toSorted((a, b) => b.pattern.length - a.pattern.length);
  return route ? (account.state.workers.get(route.script) ?? null) : null;
}

/**
 * The version that answers: the one that the override header names, if it is in the deployment, else
 * by percentages, where `turn` stands for chance. Source: Cloudflare, Workers, "Version overrides".
 */
function versionFor(worker: Worker, header: string | null, turn: number): Version | null {
  const deployed = liveDeployment(worker)?.versions ?? [];
  const named = new RegExp(`(?:^|,)\\s*${worker.name}="([^"]+)"`).exec(header ?? '')?.[1];
  let drawn = turn % 100;
  const byChance = deployed.find(({ percentage }) => (drawn -= percentage) < 0);
  const chosen = deployed.find(({ version_id: id }) => id === named) ?? byChance;
  return worker.versions.find(({ id }) => id === chosen?.version_id) ?? null;
}

const isAdmin = (url: URL): boolean => /^\/admin(?:\/|$)/.test(url.pathname);

/**
 * A scripted edge in front of what an account has deployed: routes, Access, and the pages that a
 * deploy's checks ask. `fetch` is given to what asks; addresses outside the account's zones go to
 * the network.
 */
export function startEdge(account: CloudflareServer, options: EdgeOptions = {}) {
  const { clientId, clientSecret, teamDomain = 'team.cloudflareaccess.com' } = options;
  const requests: EdgeRequest[] = [];
  const faults: EdgeFault[] = [];

  /** Where Access sends a request; null when it lets it pass, or covers no such address. */
  function accessAnswer(url: URL, headers: Headers): Response | null {
    const covered = account.state.accessApps.some(({ destinations }) =>
      (destinations as { uri: string }[]).some(({ uri }) => `${url.hostname}/admin` === uri),
    );
    if (!isAdmin(url) || !covered) return null;
    const isKnown =
      clientId !== undefined &&
      headers.get('cf-access-client-id') === clientId &&
      headers.get('cf-access-client-secret') === clientSecret;
    if (isKnown) return null;
    const location = `https://${teamDomain}/cdn-cgi/access/login/${url.hostname}`;
    return new Response(null, { status: 302, headers: { location } });
  }

  async function answer(request: Request, version: Version): Promise<Response> {
    const url = new URL(request.url);
    const missing = NEEDED_SECRETS.filter((name) => version.secrets[name] === undefined);
    const problems = missing.map((name) => `${name}: is not set.`);
    const ok = problems.length === 0;
    if (url.pathname === '/healthz') {
      const view: z.infer<typeof healthView> = { ok, version: '0.1.0', problems };
      return Response.json(view, { status: ok ? 200 : 503 });
    }
    if (!ok) return Response.json({ error: { code: 'not_configured' } }, { status: 503 });
    const scripted = options.answers?.[`${request.method} ${url.pathname}`];
    if (scripted) return scripted(request);
    if (url.pathname === '/admin/api/health') {
      const checks = ['database', 'directory', 'snapshots', 'agents', 'gateway'].map((name) => ({
        name,
        ok: true,
        message: 'answers',
        fix: null,
        ms: 1,
      }));
      const view: z.infer<typeof healthChecks> = { ok: true, versionId: version.id, checks };
      return Response.json(view);
    }
    if (url.pathname === '/admin/api/routing/test') return Response.json(ROUTED);
    if (url.pathname === '/') {
      const headers = { 'content-type': 'text/html' };
      return new Response(`<!doctype html><html lang="en">${version.id}</html>`, { headers });
    }
    return Response.json({ error: { code: 'not_found' } }, { status: 404 });
  }

  function takeFault(url: URL, version: Version): EdgeFault | null {
    const fault = faults.find(
      (each) => url.href.includes(each.url) && (each.version ?? version.number) === version.number,
    );
    if (fault?.times === undefined) return fault ?? null;
    fault.times -= 1;
    if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
    return fault;
  }

  const scriptedFetch: typeof fetch = async (input, init) => {
    const request = new Request(input as RequestInfo, init as RequestInit);
    const url = new URL(request.url);
    const zones = [...account.state.zones.values()];
    if (!zones.some(({ name }) => `.${url.hostname}`.endsWith(`.${name}`)))
      return fetch(input, init);
    const worker = workerAt(account, url);
    const header = request.headers.get('cloudflare-workers-version-overrides');
    const version = worker && versionFor(worker, header, requests.length);
    const shut = accessAnswer(url, request.headers);
    const asked = shut ? null : version;
    requests.push({ method: request.method, url: url.href, versionId: asked?.id ?? null });
    if (shut) return shut;
    // A proxied name that no route covers: Cloudflare finds no origin behind it.
    if (!version) return new Response('error code: 522', { status: 522 });
    const fault = takeFault(url, version);
    if (!fault) return answer(request, version);
    const { status = 500, body = { error: { code: 'internal' } } } = fault;
    return Response.json(body, { status });
  };

  return {
    fetch: scriptedFetch,
    /** Every request for the account's zones, oldest first. */
    requests,
    /** Fails what is asked of a version, or of all. */
    fail: (fault: EdgeFault): void => void faults.push({ ...fault }),
  };
}
