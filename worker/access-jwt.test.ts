import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessIssuer, verifyAssertion } from './access-jwt.ts';

const NOW = Date.UTC(2026, 10, 1);
const ISSUER = 'https://team.cloudflareaccess.com';
const AUDIENCE = 'a'.repeat(64);
const SECRET = new TextEncoder().encode('a shared secret of 32 bytes and more');

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let own: Pair;
let foreign: Pair;
let keys: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  own = await generateKeyPair('RS256', { extractable: true });
  foreign = await generateKeyPair('RS256', { extractable: true });
  keys = createLocalJWKSet({
    keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256' }],
  });
});

const seconds = (ms: number): number => Math.floor(ms / 1_000);
const claims = (changed: JWTPayload = {}): JWTPayload => ({
  iss: ISSUER,
  aud: [AUDIENCE],
  iat: seconds(NOW) - 10,
  nbf: seconds(NOW) - 10,
  exp: seconds(NOW) + 60,
  sub: 'someone',
  email: 'Ada@Example.com',
  ...changed,
});
const sign = (payload: JWTPayload, key: Pair['privateKey'] = own.privateKey): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key);
const verify = (assertion: string) =>
  verifyAssertion(assertion, { issuer: ISSUER, audience: AUDIENCE, keys, now: NOW });

const failing = () => Promise.reject(new TypeError('fetch failed'));

const unsigned = (payload: JWTPayload): string =>
  [{ alg: 'none' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.';

describe('verifyAssertion', () => {
  it('knows a person by e-mail in lower case', async () => {
    expect(await verify(await sign(claims()))).toEqual({
      subject: 'ada@example.com',
      kind: 'person',
    });
  });

  it('knows a service token by its client id', async () => {
    const assertion = await sign(claims({ email: undefined, sub: '', common_name: 'ci.access' }));
    expect(await verify(assertion)).toEqual({ subject: 'ci.access', kind: 'service' });
  });

  const refused: [string, () => string | Promise<string>][] = [
    ['no signature at all (alg none)', () => unsigned(claims())],
    [
      'HS256',
      () => new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(SECRET),
    ],
    ['another key under the same id', () => sign(claims(), foreign.privateKey)],
    ['another issuer', () => sign(claims({ iss: 'https://evil.cloudflareaccess.com' }))],
    ['another audience', () => sign(claims({ aud: ['b'.repeat(64)] }))],
    ['no audience', () => sign(claims({ aud: undefined }))],
    ['an end in the past', () => sign(claims({ exp: seconds(NOW) - 1 }))],
    ['no end', () => sign(claims({ exp: undefined }))],
    ['a beginning in the future', () => sign(claims({ nbf: seconds(NOW) + 30 }))],
    ['nobody in it', () => sign(claims({ email: undefined }))],
    [
      'a changed payload',
      async () => (await sign(claims())).replace(/\.[^.]+\./, `.${btoa('{}')}.`),
    ],
    ['no token', () => 'abc'],
    ['far too much', () => 'a'.repeat(100_000)],
  ];
  it.each(refused)('refuses %s', async (_what, make) => {
    await expect(verify(await make())).rejects.toMatchObject({ code: 'access_denied' });
  });

  it('does not blame the caller when the keys cannot be read', async () => {
    const assertion = await sign(claims());
    await expect(
      verifyAssertion(assertion, { issuer: ISSUER, audience: AUDIENCE, keys: failing, now: NOW }),
    ).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});

describe('accessIssuer', () => {
  it('takes the team with and without its domain', () => {
    expect(accessIssuer('team')).toBe(ISSUER);
    expect(accessIssuer('team.cloudflareaccess.com')).toBe(ISSUER);
  });
});
