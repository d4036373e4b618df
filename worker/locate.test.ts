import { describe, expect, it } from 'vitest';
import { localName, locate } from './locate.ts';

const platforms = ['streamkinetics.com', 'other.example'];
const live = { platforms, devMode: false };
const local = { platforms, devMode: true };

describe('locate', () => {
  it('knows the apex of each platform', () => {
    expect(locate('other.example', '/', live)).toEqual({
      kind: 'system',
      platform: 'other.example',
      apex: true,
      api: false,
      path: '/',
    });
  });

  it('takes the path form only on api', () => {
    expect(locate('api.streamkinetics.com', '/t/demo/api/me', live)).toEqual({
      kind: 'by-path',
      platform: 'streamkinetics.com',
      slug: 'demo',
      path: '/api/me',
    });
    expect(locate('streamkinetics.com', '/t/demo/api/me', live)).toMatchObject({
      kind: 'system',
      path: '/t/demo/api/me',
    });
    expect(locate('demo.streamkinetics.com', '/t/other/api/me', live)).toMatchObject({
      kind: 'tenant',
      hostname: 'demo.streamkinetics.com',
    });
  });

  it('takes every other host for a tenant', () => {
    expect(locate('demo.streamkinetics.com', '/chat', live)).toMatchObject({ kind: 'tenant' });
    expect(locate('chat.customer.example', '/chat', live)).toMatchObject({
      kind: 'tenant',
      hostname: 'chat.customer.example',
    });
  });

  it('takes localhost for apex and api at once, but only with DEV_MODE', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(locate(host, '/x', local)).toMatchObject({ kind: 'system', apex: true, api: true });
      expect(locate(host, '/x', live)).toMatchObject({ kind: 'tenant', hostname: host });
    }
    expect(locate('localhost', '/t/demo/api/me', local)).toMatchObject({
      kind: 'by-path',
      platform: 'streamkinetics.com',
    });
  });

  it('maps local names to public ones and back', () => {
    for (const hostname of [
      'demo.streamkinetics.com',
      'demo.other.example',
      'chat.customer.example',
    ]) {
      expect(locate(localName(hostname, platforms), '/', local)).toMatchObject({
        kind: 'tenant',
        hostname,
      });
    }
    expect(localName('demo.streamkinetics.com', platforms)).toBe('demo.localhost');
    expect(locate('api.localhost', '/', local)).toMatchObject({ kind: 'system', apex: false });
    expect(locate('demo.localhost', '/', live)).toMatchObject({ hostname: 'demo.localhost' });
  });
});
