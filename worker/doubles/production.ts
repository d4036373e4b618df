import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import type { Env } from '../env.ts';
import { INVITE_TOKEN } from './agent.ts';
import { countingLimits } from './rate-limit.ts';
import { createWorld, type World } from './world.ts';

const AUDIENCE = 'a'.repeat(64);
const ADMIN = 'root@example.com';

export interface Production extends World {
  /** The headers that Cloudflare Access adds for an admin. */
  admin: Record<string, string>;
  tenant(): Promise<CreatedTenant & { origin: string }>;
  /** Signs in on a tenant's host and answers the cookie. */
  signIn(origin: string, headers?: Record<string, string>): Promise<string>;
}

/** The edge as it is deployed: without DEV_MODE, behind an Access team whose keys are the test's. */
export async function createProduction(env: Partial<Env> = {}): Promise<Production> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] });
  const world = await createWorld({
    keys,
    env: {
      DEV_MODE: 'false',
      CF_AI_GATEWAY_ACCOUNT_ID: '0'.repeat(32),
      CF_ACCESS_TEAM_DOMAIN: 'team',
      CF_ACCESS_AUD: AUDIENCE,
      ACCESS_ADMINS: ADMIN,
      AI_GATEWAY_BASE_URL: undefined,
      ...countingLimits(),
      ...env,
    },
  });
  const assertion = await new SignJWT({ email: ADMIN })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer('https://team.cloudflareaccess.com')
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .sign(privateKey);
  const admin = { 'cf-access-jwt-assertion': assertion };
  return {
    ...world,
    admin,
    async tenant() {
      const made = await world.ask('https://api.streamkinetics.com/admin/api/tenants', {
        method: 'POST',
        headers: admin,
        body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' }),
      });
      const tenant = createdTenant.parse(await made.json());
      return { ...tenant, origin: `https://${tenant.hostname}` };
    },
    async signIn(origin, headers = {}) {
      const response = await world.ask(`${origin}/api/sign-in`, {
        method: 'POST',
        headers: { origin, ...headers },
        body: JSON.stringify({ invite: INVITE_TOKEN }),
      });
      return response.headers.get('set-cookie')?.split(';')[0] ?? '';
    },
  };
}
