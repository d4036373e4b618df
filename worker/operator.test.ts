import { describe, expect, it } from 'vitest';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { identifyOperator } from './operator.ts';

const NOW = Date.UTC(2026, 10, 1);
const env = {
  DEV_MODE: 'false',
  CF_ACCESS_TEAM_DOMAIN: 'team',
  CF_ACCESS_AUD: 'a'.repeat(64),
  ACCESS_ADMINS: 'Root@Example.com, ci.access',
};
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] });
const deps = {
  keysOf: () => keys,
  roleOf: ({ subject }: { subject: string }) =>
    Promise.resolve(subject === 'ada@example.com' ? ('viewer' as const) : null),
  now: NOW,
};

async function withAssertion(claims: { email?: string; common_name?: string }): Promise<Headers> {
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer('https://team.cloudflareaccess.com')
    .setAudience(env.CF_ACCESS_AUD)
    .setExpirationTime(NOW / 1_000 + 60)
    .sign(privateKey);
  return new Headers({ 'cf-access-jwt-assertion': assertion });
}

describe('identifyOperator', () => {
  it('gives a person the role that D1 has', async () => {
    const headers = await withAssertion({ email: 'Ada@Example.com' });
    expect(await identifyOperator(headers, env, deps)).toEqual({
      kind: 'operator',
      subject: 'ada@example.com',
      role: 'viewer',
      via: 'person',
    });
  });

  it('takes who is listed for an admin', async () => {
    for (const claims of [{ email: 'root@example.com' }, { common_name: 'ci.access' }]) {
      const operator = await identifyOperator(await withAssertion(claims), env, deps);
      expect(operator?.role).toBe('admin');
    }
  });

  it('does not take a service token for the person it is named after', async () => {
    const headers = await withAssertion({ common_name: 'root@example.com' });
    await expect(identifyOperator(headers, env, deps)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('refuses strangers whom Access vouches for', async () => {
    const headers = await withAssertion({ email: 'eve@example.com' });
    await expect(identifyOperator(headers, env, deps)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('takes nothing but the header: no cookie, no client id', async () => {
    const assertion = (await withAssertion({ email: 'ada@example.com' })).get(
      'cf-access-jwt-assertion',
    );
    const headers = new Headers({
      cookie: `CF_Authorization=${assertion}`,
      'cf-access-client-id': 'ci.access',
      'cf-access-client-secret': 'x',
    });
    expect(await identifyOperator(headers, env, deps)).toBeNull();
  });

  const dev = { ...env, DEV_MODE: 'true', CF_ACCESS_TEAM_DOMAIN: '', CF_ACCESS_AUD: '' };

  it('takes who says nothing for the local admin, with DEV_MODE only', async () => {
    expect(await identifyOperator(new Headers(), dev, deps)).toMatchObject({
      subject: 'local',
      role: 'admin',
      via: 'local',
    });
    expect(await identifyOperator(new Headers(), env, deps)).toBeNull();
  });

  it('refuses with DEV_MODE what nobody can vouch for', async () => {
    const presented = [
      await withAssertion({ email: 'ada@example.com' }),
      new Headers({ 'cf-access-client-id': 'ci.access' }),
      new Headers({ 'cf-access-client-secret': 'x' }),
    ];
    for (const headers of presented) {
      await expect(identifyOperator(headers, dev, deps)).rejects.toMatchObject({
        code: 'access_denied',
      });
    }
  });
});
