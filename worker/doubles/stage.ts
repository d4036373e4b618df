import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { createdApiKey } from '../../contract/api-keys.ts';
import { agentOf } from '../agent.ts';
import { createEdge } from '../edge.ts';
import type { Env } from '../env.ts';
import { LateSettles } from '../late-settles.ts';
import { RATE_LIMIT_NAMES } from '../rate-limits.ts';
import { RecentHosts } from '../recent-hosts.ts';
import { RecentRefusals } from '../recent-refusals.ts';
import { RecentStatus } from '../recent-status.ts';
import { RefusalCounts } from '../refusal-counts.ts';

export const PLATFORM = 'streamkinetics.com';
const AUDIENCE = 'a'.repeat(64);
const ISSUER = 'https://team.cloudflareaccess.com';
const HOUR_S = 3_600;
const KEY_ID = 'team-key';

export type Role = 'viewer' | 'maintainer' | 'admin';
type Headers = Record<string, string>;

const UNLIMITED: RateLimit = { limit: () => Promise.resolve({ success: true }) };

/** The Worker as it is deployed: Access before it, real agents behind it, no DEV_MODE. */
export async function createStage() {
  const pair = await generateKeyPair('RS256', { extractable: true });
  const foreign = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: KEY_ID, alg: 'RS256' };
  const keys = createLocalJWKSet({ keys: [jwk] });
  const stageEnv = {
    ...env,
    DEV_MODE: 'false',
    CF_AI_GATEWAY_ACCOUNT_ID: '0'.repeat(32),
    CF_ACCESS_TEAM_DOMAIN: 'team',
    CF_ACCESS_AUD: AUDIENCE,
    AI_GATEWAY_BASE_URL: undefined,
    ACCESS_ADMINS: 'admin@example.com',
    DEBUG_ROUTES: 'true',
    // Who may what does not depend on how often it was asked.
    ...Object.fromEntries(RATE_LIMIT_NAMES.map((name) => [name, UNLIMITED])),
  } as Env;
  const edge = createEdge({
    agentOf,
    keysOf: () => keys,
    site: { fetch: () => new Response('page') },
    fetch: () => Promise.resolve(Response.json(ANSWER)),
    recentHosts: new RecentHosts(),
    refusals: new RecentRefusals(),
    refusalCounts: new RefusalCounts(),
    lateSettles: new LateSettles(Date.now),
    status: new RecentStatus(),
    now: Date.now,
    log: () => undefined,
  });

  async function ask(url: string, init: RequestInit = {}): Promise<Response> {
    const ctx = createExecutionContext();
    const request = new Request(url, { redirect: 'manual', ...init });
    const response = await edge.fetch(request, stageEnv, ctx);
    await waitOnExecutionContext(ctx);
    return response;
  }

  /** What Access adds to an operator's request. */
  async function assertion(
    claims: JWTPayload,
    options: { key?: CryptoKey; expiresInS?: number } = {},
  ): Promise<Headers> {
    const { key = pair.privateKey, expiresInS = HOUR_S } = options;
    const at = Math.floor(Date.now() / 1_000);
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(at - 2 * HOUR_S)
      .setExpirationTime(at + expiresInS)
      .sign(key);
    return { 'cf-access-jwt-assertion': token };
  }
  const admin = await assertion({ email: 'admin@example.com' });

  async function order<T>(method: string, path: string, body: unknown = {}): Promise<T> {
    const response = await ask(`https://api.${PLATFORM}${path}`, {
      method,
      headers: admin,
      ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  }

  /** Signs somebody in with an invite; what their browser sends afterwards. */
  async function signIn(tenant: CreatedTenant, role: 'owner' | 'user'): Promise<Headers> {
    const path = `/admin/api/tenants/${tenant.id}/invites`;
    const { url } = await order<{ url: string }>('POST', path, { role });
    const origin = `https://${tenant.hostname}`;
    const response = await ask(`${origin}/api/sign-in`, {
      method: 'POST',
      headers: { origin },
      body: JSON.stringify({ invite: url.split('/join/')[1] }),
    });
    const cookie = response.headers.get('set-cookie')?.split(';')[0];
    if (cookie === undefined) throw new Error(`sign-in: ${await response.text()}`);
    return { cookie, origin };
  }

  /** A new API key of a tenant, with its id. */
  async function makeKey(
    tenant: CreatedTenant,
    body: object = {},
  ): Promise<{ id: string } & Headers> {
    const path = `/t/${tenant.slug}/api/keys`;
    const made = createdApiKey.parse(await order('POST', path, { name: 'program', ...body }));
    return { id: made.id, authorization: `Bearer ${made.key}` };
  }

  return {
    env: stageEnv,
    ask,
    order,
    assertion,
    foreignKey: foreign.privateKey,
    signIn,
    makeKey,
    /** A person with a role in D1's table. */
    async operator(role: Role): Promise<Headers> {
      const email = `${role}@example.com`;
      await env.DB.prepare(
        "INSERT OR REPLACE INTO operators (subject, kind, role, created_by, created_at) VALUES (?, 'person', ?, 'x', 1)",
      )
        .bind(email, role)
        .run();
      return assertion({ email });
    },
    async tenant(): Promise<CreatedTenant> {
      const body = { platform: PLATFORM, tier: 'enterprise' };
      return createdTenant.parse(await order('POST', '/admin/api/tenants', body));
    },
  };
}
export type Stage = Awaited<ReturnType<typeof createStage>>;

/** What every model says here. */
const ANSWER = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
};
