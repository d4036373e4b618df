/**
 * Adds the page's own host to `connect-src`, as ws: or wss:. Browsers that read CSP level 2 do not
 * take `'self'` for a WebSocket of the same host.
 */
export function allowOwnSocket(policy: string, page: URL): string {
  const scheme = page.protocol === 'http:' ? 'ws:' : 'wss:';
  return policy.replace(/connect-src [^;]*/, (directive) => `${directive} ${scheme}//${page.host}`);
}
