import { isLoopback } from './host-name.ts';

/** Where a request arrived, and so what it may ask for. */
export type Place =
  /** The apex, `api.` or, locally, both at once. */
  | { kind: 'system'; platform: string; apex: boolean; api: boolean; path: string }
  /** Some tenant's host; which one's is the directory's to say. */
  | { kind: 'tenant'; hostname: string; path: string }
  /** `api.<platform>/t/<slug>/…`; `path` is what follows the slug. */
  | { kind: 'by-path'; platform: string; slug: string; path: string };

export type PlaceKind = Place['kind'];

/** What `locate` has to know about the system. */
export interface Territory {
  /** Platform domains; the first is the default. */
  platforms: readonly string[];
  devMode: boolean;
}

const BY_PATH = /^\/t\/([^/]{1,63})(\/.*)?$/;

/**
 * The public name that a local one stands for: `demo.localhost` is `demo.<default platform>`, and
 * a name of several labels is itself, as custom hostnames and those of other platforms are.
 */
function publicName(hostname: string, platforms: readonly string[]): string | null {
  if (!hostname.endsWith('.localhost')) return null;
  const name = hostname.slice(0, -'.localhost'.length);
  return name.includes('.') || platforms.includes(name) ? name : `${name}.${platforms[0] ?? ''}`;
}

/** How a tenant's public hostname is reached on this machine. */
export function localName(hostname: string, platforms: readonly string[]): string {
  const suffix = `.${platforms[0] ?? ''}`;
  const name = hostname.endsWith(suffix) ? hostname.slice(0, -suffix.length) : hostname;
  return `${name}.localhost`;
}

function atSystem(
  place: { platform: string; apex: boolean; api: boolean },
  pathname: string,
): Place {
  const byPath = place.api ? BY_PATH.exec(pathname) : null;
  if (byPath?.[1]) {
    return {
      kind: 'by-path',
      platform: place.platform,
      slug: byPath[1],
      path: byPath[2] ?? '/',
    };
  }
  return { kind: 'system', ...place, path: pathname };
}

/**
 * The place of a request by its normalised host and path. Only with DEV_MODE do local names mean
 * anything: `localhost` and other loopback names stand for the default platform's apex and `api.`
 * at once, `<slug>.localhost` for `<slug>.<default platform>`.
 */
export function locate(hostname: string, pathname: string, territory: Territory): Place {
  const { platforms, devMode } = territory;
  const local = devMode ? publicName(hostname, platforms) : null;
  if (devMode && local === null && isLoopback(hostname)) {
    return atSystem({ platform: platforms[0] ?? '', apex: true, api: true }, pathname);
  }
  const name = local ?? hostname;
  for (const platform of platforms) {
    if (name === platform) return atSystem({ platform, apex: true, api: false }, pathname);
    if (name === `api.${platform}`) {
      return atSystem({ platform, apex: false, api: true }, pathname);
    }
  }
  return { kind: 'tenant', hostname: name, path: pathname };
}
