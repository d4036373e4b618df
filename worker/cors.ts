/**
 * Headers that programs in browsers send. A star covers all but `authorization` (Fetch standard,
 * "CORS protocol"), which is where keys are.
 */
const ALLOWED_HEADERS = 'authorization, *';
/** How long a browser may remember the answer to a preflight, s; Chromium takes two hours at most. */
const PREFLIGHT_MAX_AGE_S = 7_200;

/**
 * What lets the scripts of any page read what `/v1` answers. It takes keys only, so there is nothing
 * that a browser would add by itself: no credentials are allowed, which a star rules out anyhow.
 */
export const CORS_HEADERS = Object.entries({
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after, x-request-id, x-should-retry',
});

/** The answer to a browser's question before the request itself; it concerns no tenant. */
export function answerPreflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
    },
  });
}
