import type { Place } from './locate.ts';

/** What becomes of a request that is no API call. */
export type PageRule =
  | { kind: 'page'; for: 'everybody' | 'members' | 'operators' }
  | { kind: 'redirect'; to: string }
  | { kind: 'missing' };

const MISSING: PageRule = { kind: 'missing' };

/** Files that every page needs: the built code, and static files, which are no pages. */
const FILES = /^\/_app\/|\.(?:avif|css|ico|jpg|js|map|png|svg|txt|webmanifest|webp|woff2)$/;
const API = /^\/(?:admin\/)?api(?:\/|$)/;
/** Pages of a tenant: the chat, the settings, and the page behind an invite's link. */
const TENANT_PAGES = /^\/(?:(?:chat|settings)(?:\/.*)?|join\/[^/]+(?:\/__data\.json)?)$/;
const ADMIN_PAGES = /^\/admin(?:\/.*)?$/;

/** Whether a path belongs to the API, where a missing route is answered as JSON. */
export function isApiPath(place: Place): boolean {
  return place.kind === 'by-path' || API.test(place.path) || place.path === '/healthz';
}

/**
 * Which pages a place has: a tenant's host its chat, settings and join pages, the apex everything else, the
 * apex and `api.` the pages of operators.
 */
export function pageRule(place: Place): PageRule {
  if (isApiPath(place) || place.kind === 'by-path') return MISSING;
  const isFile = FILES.test(place.path);
  if (place.kind === 'tenant') {
    if (place.path === '/') return { kind: 'redirect', to: '/chat' };
    if (TENANT_PAGES.test(place.path)) return { kind: 'page', for: 'members' };
    return isFile ? { kind: 'page', for: 'everybody' } : MISSING;
  }
  if (ADMIN_PAGES.test(place.path)) return { kind: 'page', for: 'operators' };
  if (isFile) return { kind: 'page', for: 'everybody' };
  if (!place.apex || place.path.startsWith('/t/')) return MISSING;
  return TENANT_PAGES.test(place.path) ? MISSING : { kind: 'page', for: 'everybody' };
}
