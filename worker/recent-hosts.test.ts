import { expect, it } from 'vitest';
import { MAX_RECENT_HOSTS, RECENT_HOST_MS, RecentHosts } from './recent-hosts.ts';

const acme = { tenantId: 'acme-id', region: null };

it('a host is remembered for its time, and no longer', () => {
  const hosts = new RecentHosts();
  hosts.put('a.example', null, 0);
  hosts.put('acme.example', acme, 0);
  expect(hosts.get('a.example', RECENT_HOST_MS - 1)).toBeNull();
  expect(hosts.get('acme.example', RECENT_HOST_MS - 1)).toBe(acme);
  expect(hosts.get('b.example', 0)).toBeUndefined();
  expect(hosts.get('a.example', RECENT_HOST_MS)).toBeUndefined();
  expect(hosts.get('acme.example', RECENT_HOST_MS)).toBeUndefined();
});

it('a host is looked up anew at once when it was given to somebody', () => {
  const hosts = new RecentHosts();
  hosts.put('a.example', null, 0);
  hosts.delete('a.example');
  expect(hosts.get('a.example', 1)).toBeUndefined();
});

it('made-up names push out the oldest only', () => {
  const hosts = new RecentHosts();
  for (let index = 0; index <= MAX_RECENT_HOSTS; index += 1) hosts.put(`h${index}`, null, 0);
  expect([hosts.get('h0', 1), hosts.get('h1', 1)]).toEqual([undefined, null]);
});
