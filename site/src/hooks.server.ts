import type { Handle, HandleFetch } from '@sveltejs/kit';
import { building } from '$app/environment';
import { allowOwnSocket } from './lib/csp.ts';

/** What says who somebody is: a member's cookie, and an operator's assertion of Cloudflare Access. */
const WHO_ASKS = ['cookie', 'cf-access-jwt-assertion'];

const CSP = 'content-security-policy';

/** Pages of a member are never stored by anyone, and an invite's link is never passed on. */
export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event);
  if (building) return response;
  const policy = response.headers.get(CSP);
  if (policy !== null) response.headers.set(CSP, allowOwnSocket(policy, event.url));
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('referrer-policy', 'no-referrer');
  if (!response.headers.has('cache-control')) {
    response.headers.set('cache-control', 'private, no-store');
  }
  return response;
};

/** The pages' own API calls go straight to the edge, as the person who asked for the page. */
export const handleFetch: HandleFetch = async ({ event, request, fetch }) => {
  const edge = event.platform?.env.EDGE;
  if (edge === undefined || new URL(request.url).origin !== event.url.origin) return fetch(request);
  const asked = new Request(request);
  for (const name of WHO_ASKS) {
    const value = event.request.headers.get(name);
    if (value !== null) asked.headers.set(name, value);
  }
  return edge.fetch(asked);
};
