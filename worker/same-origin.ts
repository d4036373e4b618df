import { AppError } from '../contract/errors.ts';

/** Methods that change nothing. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request may change something: an unsafe method, or a socket, which can send. */
export function isChange(request: Request): boolean {
  return !SAFE_METHODS.has(request.method) || isUpgrade(request);
}

/** Whether a request asks for a WebSocket. */
export function isUpgrade(request: Request): boolean {
  return request.headers.get('upgrade')?.toLowerCase() === 'websocket';
}

/**
 * Whether a change may rest on a cookie: the browser must say that the page is of this very host.
 * A socket's handshake always carries an Origin, so there nothing else counts.
 */
export function isSameOrigin(request: Request): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null) return origin === new URL(request.url).origin;
  return !isUpgrade(request) && request.headers.get('sec-fetch-site') === 'same-origin';
}

/** Sites from which a browser without an Origin may ask: the same one, or nobody's page. */
const NOT_FOREIGN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/** Whether no browser says that another origin asks: for changes that rest on no cookie of ours. */
export function isNotForeign(request: Request): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null) return origin === new URL(request.url).origin;
  const site = request.headers.get('sec-fetch-site');
  return site === null || NOT_FOREIGN_SITES.has(site);
}

/** The refusal of a change that another origin asked for. */
export function crossOrigin(): AppError {
  return new AppError('cross_origin', 'Another origin asked for a change.', {
    hint: 'Send the Origin of the host you are asking.',
  });
}
