import { expect, it } from 'vitest';
import { MAX_UNKNOWN_HOSTS, UNKNOWN_HOST_MS, UnknownHosts } from './unknown-hosts.ts';

it('a host stays unknown for its time, and no longer', () => {
  const hosts = new UnknownHosts();
  hosts.add('a.example', 0);
  expect(hosts.has('a.example', UNKNOWN_HOST_MS - 1)).toBe(true);
  expect(hosts.has('b.example', 0)).toBe(false);
  expect(hosts.has('a.example', UNKNOWN_HOST_MS)).toBe(false);
});

it('a host is known at once when it was given to somebody', () => {
  const hosts = new UnknownHosts();
  hosts.add('a.example', 0);
  hosts.delete('a.example');
  expect(hosts.has('a.example', 1)).toBe(false);
});

it('made-up names push out the oldest only', () => {
  const hosts = new UnknownHosts();
  for (let index = 0; index <= MAX_UNKNOWN_HOSTS; index += 1) hosts.add(`h${index}`, 0);
  expect([hosts.has('h0', 1), hosts.has('h1', 1)]).toEqual([false, true]);
});
