/** Headers that only the system sets: what clients send of them is dropped, and none is answered. */
const OWN = /^(?:x-sk|cf-aig)-/;

/** Carries the request's id from the edge to the agent. */
export const REQUEST_ID_HEADER = 'x-sk-request-id';

/** The digest of what is downloaded, hex: the one of our own headers that is for clients. */
export const SHA256_HEADER = 'x-sk-sha256';

function ownHeaders(headers: Headers): string[] {
  const own: string[] = [];
  for (const name of headers.keys()) if (OWN.test(name)) own.push(name);
  return own;
}

/** The request as routes see it: without what clients may not set. */
export function admitRequest(request: Request): Request {
  const own = ownHeaders(request.headers);
  if (own.length === 0) return request;
  const headers = new Headers(request.headers);
  for (const name of own) headers.delete(name);
  return new Request(request, { headers });
}

interface Finish {
  requestId: string;
  isPage: boolean;
  isHttps: boolean;
}

const EVERYWHERE = Object.entries({
  'x-content-type-options': 'nosniff',
  // Join links carry their secret in the path.
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
});

const ON_API = Object.entries({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
});

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

function finishHeaders(headers: Headers, { requestId, isPage, isHttps }: Finish): void {
  headers.set('x-request-id', requestId);
  for (const name of ownHeaders(headers)) if (name !== SHA256_HEADER) headers.delete(name);
  for (const [name, value] of EVERYWHERE) headers.set(name, value);
  if (!isPage) for (const [name, value] of ON_API) headers.set(name, value);
  // A year, as hstspreload.org asks for at least.
  if (isHttps) headers.set('strict-transport-security', 'max-age=31536000');
}
