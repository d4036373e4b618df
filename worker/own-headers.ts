/** Headers that only the system sets: what clients send of them is dropped, and none is answered. */
const OWN_PREFIXES = ['x-sk-', 'cf-aig-'];

/** Carries the request's id from the edge to the agent. */
export const REQUEST_ID_HEADER = 'x-sk-request-id';

/** The digest of what is downloaded, hex: the one of our own headers that is for clients. */
export const SHA256_HEADER = 'x-sk-sha256';

function ownHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) =>
    OWN_PREFIXES.some((prefix) => name.startsWith(prefix)),
  );
}

/** The request as routes see it: without what clients may not set. */
export function admitRequest(request: Request): Request {
  const own = ownHeaders(request.headers);
  if (own.length === 0) return request;
  const headers = new Headers(request.headers);
  for (const name of own) headers.delete(name);
  return new Request(request, { headers });
}

const EVERYWHERE: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  // Join links carry their secret in the path.
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

const ON_API: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/**
 * The response as it leaves: with its request's id and the security headers, without the system's
 * own. Pages bring their own content policy and caching; a socket is passed on as it is.
 */
export function finishResponse(
  response: Response,
  options: { requestId: string; isPage: boolean; isHttps: boolean },
): Response {
  const headers = new Headers(response.headers);
  for (const name of ownHeaders(response.headers)) headers.delete(name);
  const digest = response.headers.get(SHA256_HEADER);
  if (digest !== null) headers.set(SHA256_HEADER, digest);
  headers.set('x-request-id', options.requestId);
  for (const [name, value] of Object.entries(EVERYWHERE)) headers.set(name, value);
  if (!options.isPage) for (const [name, value] of Object.entries(ON_API)) headers.set(name, value);
  // A year, as hstspreload.org asks for at least.
  if (options.isHttps) headers.set('strict-transport-security', 'max-age=31536000');
  if (response.webSocket) {
    return new Response(null, { status: 101, webSocket: response.webSocket, headers });
  }
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}
