import { AppError } from '../contract/errors.ts';
import { admitAddressOf, directoryDeps, type EdgeContext } from './context.ts';
import { unknownHost } from './identify.ts';
import { isApiPath, pageRule } from './page-rule.ts';
import { admitCaller, allowedMethods } from './route.ts';
import { ROUTES } from './routes/index.ts';
import { findHost } from './tenant-directory.ts';

/** Asks the system's own API without leaving the Worker, as pages do while they are rendered. */
export interface EdgeFetcher {
  fetch(request: Request): Promise<Response>;
}

/** Why a path that is no route has no page either. */
function missing(c: EdgeContext): AppError {
  const methods = allowedMethods(ROUTES, c.var.place);
  if (methods.length > 0) {
    return new AppError('method_not_allowed', `This address takes ${methods.join(', ')}.`, {
      details: methods,
    });
  }
  return new AppError('not_found', 'There is nothing at this address.');
}

/** The site's page for hosts that are nobody's. What it loads, Cloudflare serves under any of them. */
const UNKNOWN_ADDRESS = '/unknown-address';

/** People who mistyped a name read a page, or else a sentence, and no JSON. */
async function unknownHostPage(c: EdgeContext): Promise<Response> {
  const isBrowser = c.req.header('accept')?.includes('text/html') ?? false;
  if (!isBrowser) return new Response(`${unknownHost().message}\n`, { status: 404 });
  const asked = new Request(new URL(UNKNOWN_ADDRESS, c.req.url));
  const page = await c.var.deps.site.fetch(asked, c.env, c.executionCtx as ExecutionContext);
  return new Response(page.body, { status: 404, headers: page.headers });
}

/** A page that no search engine is to list, whoever links to it. */
function unlisted(page: Response): Response {
  const response = new Response(page.body, page);
  response.headers.set('x-robots-tag', 'noindex, nofollow');
  return response;
}

/**
 * Everything that is no route of the API goes to the site, where the place has such a page and the
 * caller may see it. The site gets `EDGE` beside the Worker's bindings.
 */
export async function servePage(c: EdgeContext, edge: EdgeFetcher): Promise<Response> {
  const { place, deps } = c.var;
  await admitAddressOf(c, 'PUBLIC_LIMIT');
  const rule = pageRule(place);
  if (place.kind === 'tenant' && !(await findHost(directoryDeps(c), place.hostname))) {
    if (isApiPath(place)) throw unknownHost();
    return unknownHostPage(c);
  }
  if (rule.kind === 'missing') throw missing(c);
  if (rule.kind === 'redirect') return c.redirect(rule.to, 302);
  if (rule.for === 'operators') await admitCaller(c, { action: 'admin.pages' });
  const ctx = c.executionCtx as ExecutionContext;
  const page = await deps.site.fetch(c.req.raw, { ...c.env, EDGE: edge }, ctx);
  return rule.for === 'everybody' ? page : unlisted(page);
}
