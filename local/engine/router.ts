import type { IncomingMessage, ServerResponse } from 'node:http';
import { notOffered } from './api-error.ts';

/** One request, taken apart. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  /** What the pattern's `:name` parts matched, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
}

export interface Route {
  method: string;
  /** `/containers/:id/json`; a `:name+` part also matches slashes, as image names have them. */
  pattern: string;
  handle(call: Call): Promise<void> | void;
}

/** A path without the API version in front of it (`/v1.43/info` is `/info`), and its query. */
export function parseTarget(url: string): { path: string; query: URLSearchParams } {
  const [path = '', ...rest] = url.split('?');
  return {
    path: path.replace(/^\/v\d+\.\d+(?=\/)/, ''),
    query: new URLSearchParams(rest.join('?')),
  };
}

/** Finds the route for a request; 501 when there is none. */
export function matchRoute(
  routes: readonly Route[],
  { method, path }: { method: string; path: string },
): { route: Route; params: Record<string, string> } {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchPattern(route.pattern, path);
    if (params) return { route, params };
  }
  throw notOffered(`${method} ${path}`);
}

function matchPattern(pattern: string, path: string): Record<string, string> | null {
  const names: string[] = [];
  const source = pattern.replace(/:(\w+)(\+?)/g, (_part, name: string, more: string) => {
    names.push(name);
    return more ? '(.+)' : '([^/]+)';
  });
  const match = new RegExp(`^${source}$`).exec(path);
  if (!match) return null;
  return Object.fromEntries(names.map((name, i) => [name, decode(match[i + 1] ?? '')]));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
