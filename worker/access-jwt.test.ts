import {
  base64url,
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  type JWTHeaderParameters,
  type JWTPayload,
} from 'jose';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessIssuer, verifyAssertion } from './access-jwt.ts';

const NOW = Date.UTC(2026, 10, 1);
const ISSUER = 'https://team.cloudflareaccess.com';
const AUDIENCE = 'a'.repeat(64);
const utf8 = new TextEncoder();

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let own: Pair;
let foreign: Pair;
let keys: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  own = await generateKeyPair('RS256', { extractable: true });
  foreign = await generateKeyPair('RS256', { extractable: true });
  // Without `alg`: that only RS256 counts is not for the keys to say.
  keys = createLocalJWKSet({
    keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1' }],
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
/** Good claims, by another key than the team's, under a header of the attacker's making. */
const forge = (header: object): Promise<string> =>
  new SignJWT(claims())
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header } as JWTHeaderParameters)
    .sign(foreign.privateKey);
/** Good claims, by the team's key, under another header. */
const headed = (header: object): Promise<string> =>
  new SignJWT(claims())
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header } as JWTHeaderParameters)
    .sign(own.privateKey);
/** A token put together by hand: jose would not sign such a header. */
async function patched(header: object): Promise<string> {
  const [, payload, signature] = (await sign(claims())).split('.');
  return `${base64url.encode(JSON.stringify(header))}.${payload}.${signature}`;
}
/** HS256 with what everybody knows for its secret: the public key, in the form in which it is given. */
async function confused(secret: string): Promise<string> {
  return new SignJWT(claims())
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .sign(utf8.encode(secret));
}
async function signedByOwn(alg: 'PS256' | 'RS512'): Promise<string> {
  const key = await importJWK(await exportJWK(own.privateKey), alg);
  return new SignJWT(claims()).setProtectedHeader({ alg, kid: 'k1' }).sign(key);
}
async function signedAs(alg: 'PS256' | 'ES256'): Promise<string> {
  const { privateKey } = await generateKeyPair(alg);
  return new SignJWT(claims()).setProtectedHeader({ alg, kid: 'k1' }).sign(privateKey);
}
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
    ['alg None with the signature of another', () => patched({ alg: 'None', kid: 'k1' })],
    ['no alg', () => patched({ kid: 'k1' })],
    ['HS256 by a secret', () => confused('a shared secret of 32 bytes and more')],
    ['HS256 by the public key as PEM', async () => confused(await exportSPKI(own.publicKey))],
    [
      'HS256 by the public key as JWK',
      async () => confused(JSON.stringify(await exportJWK(own.publicKey))),
    ],
    ['PS256', () => signedAs('PS256')],
    ['ES256', () => signedAs('ES256')],
    ['PS256 by the team’s own key', () => signedByOwn('PS256')],
    ['RS512 by the team’s own key', () => signedByOwn('RS512')],
    ['another key under the same id', () => sign(claims(), foreign.privateKey)],
    [
      'the key that it brings (jwk)',
      async () => forge({ jwk: await exportJWK(foreign.publicKey) }),
    ],
    ['the key set that it names (jku)', () => forge({ jku: 'https://evil.example/jwks' })],
    ['the certificate that it names (x5u)', () => forge({ x5u: 'https://evil.example/cert' })],
    ['the certificate that it brings (x5c)', () => forge({ x5c: ['MIIB'] })],
    ['an unknown key id', () => headed({ kid: 'k2' })],
    ['a path for a key id', () => headed({ kid: '../../dev/null' })],
    ['a key id that is a list', () => patched({ alg: 'RS256', kid: ['k1'] })],
    ['a key id that is __proto__', () => headed({ kid: '__proto__' })],
    [
      'a header it must understand (crit)',
      () => patched({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 }),
    ],
    ['another type of token', () => headed({ typ: 'logout+jwt' })],
    ['an empty signature', async () => (await sign(claims())).replace(/[^.]+$/, '')],
    ['a cut signature', async () => (await sign(claims())).slice(0, -8)],
    ['an audience of others', () => sign(claims({ aud: ['b'.repeat(64), 'c'.repeat(64)] }))],
    ['an audience that only begins like ours', () => sign(claims({ aud: `${AUDIENCE}a` }))],
    ['an issue date in the future', () => sign(claims({ iat: seconds(NOW) + 120 }))],
    ['an issuer that only begins like ours', () => sign(claims({ iss: `${ISSUER}.evil.example` }))],
    ['an issuer in a list', () => sign(claims({ iss: [ISSUER] as unknown as string }))],
    ['an end that is no number', () => sign(claims({ exp: '9999999999' as unknown as number }))],
    ['a beginning that is no number', () => sign(claims({ nbf: '1' as unknown as number }))],
    ['an e-mail that is a list', () => sign(claims({ email: ['ada@example.com'] }))],
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

  it('takes ours among several audiences, and a type that says JWT', async () => {
    const aud = ['b'.repeat(64), AUDIENCE];
    expect(await verify(await sign(claims({ aud })))).toMatchObject({ kind: 'person' });
    expect(await verify(await headed({ typ: 'JWT' }))).toMatchObject({ kind: 'person' });
  });

  it('takes none that was changed in any character', async () => {
    const good = await sign(claims());
    const other = fc.constantFrom(...'ABCxyz019_-.');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), other, async (at, char) => {
        // The last character of a part has bits that mean nothing.
        fc.pre(good[at] !== char && ![undefined, '.'].includes(good[at + 1]));
        const changed = good.slice(0, at) + char + good.slice(at + 1);
        await expect(verify(changed)).rejects.toMatchObject({ code: 'access_denied' });
      }),
      { numRuns: 200 },
    );
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
