import { CORS_HEADERS } from './cors.ts';
import { checkHeaders } from './request-bounds.ts';

/** Headers that only the system sets: what clients send of them is dropped, and none is answered. */
const OWN = /^(?:x-sk|cf-aig)-/;

/** The digest of what is downloaded, hex: the one of our own headers that is for clients. */
export const SHA256_HEADER = 'x-sk-sha256';

/**
 * The request as routes see it: without what clients may not set. Throws headers_too_large.
 */
export function admitRequest(request: Request): Request {
  const own: string[] = [];
  let count = 0;
  let cookie: string | null = null;
  for (const name of request.headers.keys()) {
    count += 1;
    if (name === 'cookie') cookie = request.headers.get(name);
    else if (OWN.test(name)) own.push(name);
  }
  checkHeaders(count, cookie);
  if (own.length === 0) return request;
  const headers = new Headers(request.headers);
  for (const name of own) headers.delete(name);
  return new Request(request, { headers });
}

interface Finish {
  requestId: string;
  isPage: boolean;
  isHttps: boolean;
  /** A script of another origin asks what such may ask. */
  isCors: boolean;
}

const EVERYWHERE = Object.entries({
  'x-content-type-options': 'nosniff',
  // Join links carry their secret in the path.
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
});

const ON_API = Object.entries({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
});

/** What pages may use of a device: nothing but the clipboard, which no policy has to name. */
const DENIED_FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
];

const ON_PAGES = Object.entries({
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': DENIED_FEATURES.map((feature) => `${feature}=()`).join(', '),
});

/**
 * For pages that bring their policy in themselves, as prerendered ones do: what a `meta` element may
 * not say (HTML standard, "Content security policy state"), and what holds for each page anyhow.
 */
const BASE_POLICY =
  "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Two years. Not for subdomains and without `preload`: custom hosts are their tenants' to decide
 * about, and a platform's domain has hosts that are not ours.
 */
export const HSTS = 'max-age=63072000';

/**
 * The response as it leaves: with its request's id and the security headers, without the system's
 * own. Pages bring their own content policy and caching; a socket is passed on as it is.
 */
export function finishResponse(response: Response, options: Finish): Response {
  try {
    finishHeaders(response.headers, options);
    if (!response.webSocket) return response;
  } catch {
    // What was fetched has headers that can't be changed.
  }
  const headers = new Headers(response.headers);
  finishHeaders(headers, options);
  if (response.webSocket) {
    return new Response(null, { status: 101, webSocket: response.webSocket, headers });
  }
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

function finishHeaders(headers: Headers, options: Finish): void {
  const { requestId, isPage, isHttps, isCors } = options;
  headers.set('x-request-id', requestId);
  for (const name of ownHeaders(headers)) if (name !== SHA256_HEADER) headers.delete(name);
  for (const [name, value] of EVERYWHERE) headers.set(name, value);
  for (const [name, value] of isPage ? ON_PAGES : ON_API) headers.set(name, value);
  if (isPage) headers.set('content-security-policy', pagePolicy(headers, isHttps));
  if (isCors) for (const [name, value] of CORS_HEADERS) headers.set(name, value);
  if (isHttps) headers.set('strict-transport-security', HSTS);
}

function pagePolicy(headers: Headers, isHttps: boolean): string {
  const policy = headers.get('content-security-policy') ?? BASE_POLICY;
  if (!isHttps || policy.includes('upgrade-insecure-requests')) return policy;
  return `${policy}; upgrade-insecure-requests`;
}

function ownHeaders(headers: Headers): string[] {
  const own: string[] = [];
  for (const name of headers.keys()) if (OWN.test(name)) own.push(name);
  return own;
}
