import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAssertion } from './access-jwt.ts';
import {
  accessKeySet,
  KEYS_COOLDOWN_MS,
  KEYS_FRESH_MS,
  KEYS_RETRY_MS,
  KEYS_STALE_MS,
} from './access-keys.ts';

const ISSUER = 'https://team.cloudflareaccess.com';
const AUDIENCE = 'a'.repeat(64);

interface TeamKey {
  jwk: JWK;
  privateKey: CryptoKey;
  kid: string;
}
async function makeKey(kid: string): Promise<TeamKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256' }, privateKey, kid };
}

let server: Server;
let url: string;
let [first, second]: TeamKey[] = [];
/** What the certs endpoint of the team answers. */
let published: JWK[];
let answer: 'keys' | 'error' | 'elsewhere' | 'nonsense';
let reads: number;
let now: number;

beforeAll(async () => {
  [first, second] = await Promise.all([makeKey('k1'), makeKey('k2')]);
  server = createServer((request, response) => {
    if (request.url !== '/certs') {
      response.end(JSON.stringify({ keys: [second?.jwk] }));
      return;
    }
    reads += 1;
    if (answer === 'error') response.writeHead(503).end();
    else if (answer === 'elsewhere') response.writeHead(302, { location: '/evil' }).end();
    else response.end(answer === 'keys' ? JSON.stringify({ keys: published }) : '{"keys":7}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let keys: ReturnType<typeof accessKeySet>;
beforeEach(() => {
  published = [first!.jwk];
  answer = 'keys';
  reads = 0;
  now = Date.UTC(2026, 10, 1);
  keys = accessKeySet(url, { fetch: (input, init) => fetch(input, init), now: () => now });
});

/** `ok`, or the code of the refusal of an assertion that this key signed. */
async function verdictOn({ privateKey, kid }: Omit<TeamKey, 'jwk'>): Promise<string> {
  const assertion = await new SignJWT({ email: 'ada@example.com' })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime(now / 1_000 + 60)
    .sign(privateKey);
  return verifyAssertion(assertion, { issuer: ISSUER, audience: AUDIENCE, keys, now }).then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );
}

describe('the keys of a team', () => {
  it('are read once for many assertions', async () => {
    for (let count = 0; count < 5; count += 1) expect(await verdictOn(first!)).toBe('ok');
    expect(reads).toBe(1);
  });

  it('are read again when they are old: a key that was withdrawn is refused', async () => {
    expect(await verdictOn(first!)).toBe('ok');
    published = [second!.jwk];
    now += KEYS_FRESH_MS;
    expect(await verdictOn(first!)).toBe('access_denied');
    expect(await verdictOn(second!)).toBe('ok');
    expect(reads).toBe(2);
  });

  it('are read again, once, for an id that is not among them', async () => {
    expect(await verdictOn(first!)).toBe('ok');
    published = [first!.jwk, second!.jwk];
    now += KEYS_COOLDOWN_MS;
    expect(await verdictOn(second!)).toBe('ok');
    expect(await verdictOn(first!)).toBe('ok');
    expect(reads).toBe(2);
  });

  it('are not read for every id that somebody makes up', async () => {
    expect(await verdictOn(first!)).toBe('ok');
    now += KEYS_COOLDOWN_MS;
    for (let count = 0; count < 20; count += 1) {
      expect(await verdictOn({ ...second!, kid: `made-up-${count}` })).toBe('access_denied');
    }
    expect(reads).toBe(2);
  });

  it('go on while they cannot be read, for a day; unknown ones are not refused for it', async () => {
    expect(await verdictOn(first!)).toBe('ok');
    for (const failing of ['error', 'elsewhere', 'nonsense'] as const) {
      answer = failing;
      now += KEYS_FRESH_MS;
      expect(await verdictOn(first!)).toBe('ok');
      expect(await verdictOn(second!)).toBe('upstream_failed');
    }
    now += KEYS_STALE_MS;
    expect(await verdictOn(first!)).toBe('upstream_failed');
    answer = 'keys';
    now += KEYS_RETRY_MS;
    expect(await verdictOn(first!)).toBe('ok');
  });

  it('are not asked for at every request while they cannot be read', async () => {
    answer = 'error';
    for (let count = 0; count < 5; count += 1) {
      expect(await verdictOn(first!)).toBe('upstream_failed');
    }
    expect(reads).toBe(1);
    now += KEYS_RETRY_MS;
    answer = 'keys';
    expect(await verdictOn(first!)).toBe('ok');
  });
});
