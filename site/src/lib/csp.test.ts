import { expect, test } from 'vitest';
import { allowOwnSocket } from './csp.ts';

test('a page may open sockets to its own host and to no other', () => {
  const policy = "default-src 'self'; connect-src 'self'; object-src 'none'";
  expect(allowOwnSocket(policy, new URL('https://acme.streamkinetics.com/chat'))).toBe(
    "default-src 'self'; connect-src 'self' wss://acme.streamkinetics.com; object-src 'none'",
  );
  expect(allowOwnSocket(policy, new URL('http://acme.localhost:8787/chat'))).toContain(
    "connect-src 'self' ws://acme.localhost:8787;",
  );
});

test('a policy without connect-src is left alone', () => {
  expect(allowOwnSocket("script-src 'self'", new URL('https://a.example/'))).toBe(
    "script-src 'self'",
  );
});
