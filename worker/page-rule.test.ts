import { describe, expect, it } from 'vitest';
import type { Place } from './locate.ts';
import { pageRule } from './page-rule.ts';

type Make = (path: string) => Place;
const apex: Make = (path) => ({ kind: 'system', platform: 'p', apex: true, api: false, path });
const api: Make = (path) => ({ kind: 'system', platform: 'p', apex: false, api: true, path });
const tenant: Make = (path) => ({ kind: 'tenant', hostname: 'x.p', path });
const byPath: Make = (path) => ({ kind: 'by-path', platform: 'p', slug: 'x', path });

describe('pageRule', () => {
  it.each<[string, Make, string, string]>([
    ['tenant', tenant, '/', 'redirect'],
    ['tenant', tenant, '/chat', 'members'],
    ['tenant', tenant, '/chat/01H', 'members'],
    ['tenant', tenant, '/chat/__data.json', 'members'],
    ['tenant', tenant, '/join/token', 'members'],
    ['tenant', tenant, '/settings', 'members'],
    ['tenant', tenant, '/settings/keys', 'members'],
    ['tenant', tenant, '/settingsx', 'missing'],
    ['tenant', tenant, '/status', 'missing'],
    ['tenant', tenant, '/sitemap.xml', 'missing'],
    ['tenant', tenant, '/join', 'missing'],
    ['tenant', tenant, '/chatter', 'missing'],
    ['tenant', tenant, '/pricing', 'missing'],
    ['tenant', tenant, '/index.html', 'missing'],
    ['tenant', tenant, '/admin', 'missing'],
    ['tenant', tenant, '/_app/version.json', 'everybody'],
    ['tenant', tenant, '/favicon.svg', 'everybody'],
    ['tenant', tenant, '/api/unknown', 'missing'],
    ['apex', apex, '/', 'everybody'],
    ['apex', apex, '/pricing', 'everybody'],
    ['apex', apex, '/chat', 'missing'],
    ['apex', apex, '/join/token', 'missing'],
    ['apex', apex, '/settings', 'missing'],
    ['apex', apex, '/status', 'everybody'],
    ['apex', apex, '/sitemap.xml', 'everybody'],
    ['apex', apex, '/t/x/chat', 'missing'],
    ['apex', apex, '/admin', 'operators'],
    ['apex', apex, '/admin/tenants', 'operators'],
    ['apex', apex, '/admin/logo.svg', 'operators'],
    ['apex', apex, '/administration', 'everybody'],
    ['apex', apex, '/admin/api/unknown', 'missing'],
    ['api', api, '/', 'missing'],
    ['api', api, '/admin', 'operators'],
    ['api', api, '/_app/immutable/a.js', 'everybody'],
    ['path', byPath, '/chat', 'missing'],
    ['path', byPath, '/favicon.svg', 'missing'],
  ])('%s %s', (_name, make, path, expected) => {
    const rule = pageRule(make(path));
    expect(rule.kind === 'page' ? rule.for : rule.kind).toBe(expected);
  });
});
