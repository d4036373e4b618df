import { describe, expect, it } from 'vitest';
import { ACCESS } from './access.ts';
import { createApp } from './app.ts';
import type { EdgeDeps } from './context.ts';
import { allowedMethods, innerPath } from './route.ts';
import { ROUTES } from './routes/index.ts';

describe('the routes', () => {
  // Nothing is asked: only what is mounted is looked at.
  const app = createApp({} as EdgeDeps, () => ({ fetch: () => Promise.reject(new Error('no')) }));

  it('are all declared with an action of the table, and nothing else answers', () => {
    const declared = ROUTES.flatMap((spec) =>
      spec.on.map((kind) => `${spec.method} ${innerPath({ kind, path: spec.path })}`),
    );
    const mounted = app.hono.routes
      .filter((route) => route.method !== 'ALL')
      .map((route) => `${route.method} ${route.path}`);
    expect(mounted.toSorted()).toEqual(declared.toSorted());
    expect(app.hono.routes.filter((route) => route.method === 'ALL')).toHaveLength(1);
    for (const spec of ROUTES) expect(Object.keys(ACCESS)).toContain(spec.action);
  });

  it('ask who is there, except where everybody may and no tenant is meant', () => {
    const anonymous = ROUTES.filter((spec) => spec.anonymous);
    expect(anonymous.map((spec) => spec.path)).toEqual(['/healthz', '/status.json']);
  });

  it('are on the system for operators only, and on tenants for members', () => {
    for (const spec of ROUTES) {
      if (spec.path.startsWith('/admin/')) expect(spec.on).toEqual(['system']);
      if (spec.path.startsWith('/api/')) expect(spec.on).not.toContain('system');
    }
  });

  it('know what else a path would have answered', () => {
    const place = { kind: 'tenant', hostname: 'x', path: '/api/sessions/abc' } as const;
    expect(allowedMethods(ROUTES, place)).toEqual(['GET', 'PATCH', 'DELETE']);
    expect(allowedMethods(ROUTES, { ...place, path: '/api/nothing' })).toEqual([]);
  });
});
