import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { formatApiKey } from '../contract/api-keys.ts';
import { AppError } from '../contract/errors.ts';
import { API_KEY_TEXT } from './doubles/agent.ts';
import { createProduction, type Production } from './doubles/production.ts';
import { RATE_LIMIT_NAMES, RATE_LIMITS } from './rate-limits.ts';

const { SIGN_IN_LIMIT, REFUSAL_LIMIT, PUBLIC_LIMIT } = RATE_LIMITS;
const NEVER: RateLimit = {
  limit: () => Promise.reject(new Error('This limit must not be asked.')),
};

let last = 0;
const newAddress = (): string => {
  last += 1;
  return `198.51.${Math.floor(last / 250)}.${(last % 250) + 1}`;
};

let world: Production;
let origin: string;
let tenantId: string;
beforeEach(async () => {
  world = await createProduction();
  const tenant = await world.tenant();
  ({ origin, id: tenantId } = tenant);
});

const from = (address: string): Record<string, string> => ({ 'cf-connecting-ip': address });
const asked = (method: string): number =>
  world.agent(tenantId).asked.filter((one) => one.method === method).length;

/** A key of the right form that nobody made. */
function madeUpKey(n: number): string {
  return formatApiKey('01HVVVVVVVVVVVVVVVVVVVVVVV', String(n).padStart(43, 'x'));
}

/** Makes the tenant's agent refuse every key but the one it has made. */
function refuseMadeUpKeys(): void {
  const { stub } = world.agent(tenantId);
  world.deps.agentOf = () =>
    new Proxy(stub, {
      get: (target, name: string) => {
        const method = target[name as keyof typeof target] as (...args: unknown[]) => unknown;
        if (name !== 'listModels') return method;
        return async (caller: { keyId: string }) => {
          const answer = await method(caller);
          if (!API_KEY_TEXT.includes(caller.keyId)) throw new AppError('unauthenticated', 'No.');
          return answer;
        };
      },
    });
}

const models = (key: string, address: string): Promise<Response> =>
  world.ask(`${origin}/v1/models`, {
    headers: { authorization: `Bearer ${key}`, ...from(address) },
  });

describe('the bindings of wrangler.jsonc', () => {
  it.each(RATE_LIMIT_NAMES)('let %s through up to its limit, each key by itself', async (name) => {
    const ask = async (key: string): Promise<boolean> => (await env[name].limit({ key })).success;
    let allowed = 0;
    while (await ask('one address')) allowed += 1;
    expect(allowed).toBeGreaterThanOrEqual(RATE_LIMITS[name].limit);
    expect(await ask('another')).toBe(true);
  });
});

describe('signing in', () => {
  const signIn = (address: string, at = origin): Promise<Response> =>
    world.ask(`${at}/api/sign-in`, {
      method: 'POST',
      headers: { origin: at, ...from(address) },
      body: JSON.stringify({ invite: 'not-an-invite-of-anybody' }),
    });

  it('may be tried some times a minute by one address on one host, then not even the agent is asked', async () => {
    const address = newAddress();
    for (let n = 0; n < SIGN_IN_LIMIT.limit; n += 1) {
      expect((await signIn(address)).status).toBe(410);
    }
    const refused = await signIn(address);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited' } });
    expect(asked('signIn')).toBe(SIGN_IN_LIMIT.limit);
    expect(world.log.at(-1)).toMatchObject({ code: 'rate_limited', limit: 'SIGN_IN_LIMIT' });
    expect((await signIn(newAddress())).status).toBe(410);
    const other = await world.tenant();
    expect((await signIn(address, other.origin)).status).toBe(410);
  });

  it('is counted by the address that Cloudflare saw', async () => {
    const address = newAddress();
    for (let n = 0; n <= SIGN_IN_LIMIT.limit; n += 1) {
      const headers = { origin, ...from(address), 'x-forwarded-for': newAddress() };
      const body = JSON.stringify({ invite: 'not-an-invite-of-anybody' });
      const { status } = await world.ask(`${origin}/api/sign-in`, {
        method: 'POST',
        headers,
        body,
      });
      expect(status).toBe(n < SIGN_IN_LIMIT.limit ? 410 : 429);
    }
  });
});

describe('wrong keys', () => {
  it('of one address reach the agent some times a minute, then no credential of it does', async () => {
    refuseMadeUpKeys();
    const address = newAddress();
    for (let n = 0; n <= REFUSAL_LIMIT.limit; n += 1) {
      expect((await models(madeUpKey(n), address)).status).toBe(401);
    }
    const before = asked('listModels');
    expect(before).toBe(REFUSAL_LIMIT.limit + 1);
    const refused = await models(madeUpKey(1_000), address);
    expect(await refused.json()).toMatchObject({
      error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect((await models(API_KEY_TEXT, address)).status).toBe(429);
    expect(asked('listModels')).toBe(before);
    expect(world.log.at(-1)).toMatchObject({ code: 'rate_limited', limit: 'REFUSAL_LIMIT' });
    // Others, and pages without a credential, are none of its business.
    expect((await models(API_KEY_TEXT, newAddress())).status).toBe(200);
    expect((await world.ask(`${origin}/chat`, { headers: from(address) })).status).toBe(200);
  });

  it('are asked about once: the same one again costs neither its agent nor its address anything', async () => {
    refuseMadeUpKeys();
    const address = newAddress();
    for (let n = 0; n < REFUSAL_LIMIT.limit * 2; n += 1) {
      expect((await models(madeUpKey(0), address)).status).toBe(401);
    }
    expect(asked('listModels')).toBe(1);
    expect((await models(API_KEY_TEXT, address)).status).toBe(200);
  });

  it('are wrong for their own tenant only, and their secret only', async () => {
    refuseMadeUpKeys();
    const address = newAddress();
    await models(madeUpKey(0), address);
    await models(madeUpKey(1), address);
    expect(asked('listModels')).toBe(2);
  });

  it('that work are counted nowhere, and meet no limit', async () => {
    world.env.REFUSAL_LIMIT = NEVER;
    world.env.SIGN_IN_LIMIT = NEVER;
    const address = newAddress();
    for (let n = 0; n < 100; n += 1) expect((await models(API_KEY_TEXT, address)).status).toBe(200);
    expect(world.log.some(({ event }) => event === 'rate_limit.failed')).toBe(false);
  });

  it('are forgotten after a minute', async () => {
    refuseMadeUpKeys();
    const address = newAddress();
    for (let n = 0; n <= REFUSAL_LIMIT.limit; n += 1) await models(madeUpKey(n), address);
    expect((await models(API_KEY_TEXT, address)).status).toBe(429);
    const now = Date.now() + REFUSAL_LIMIT.period * 1_000 + 1;
    world.deps.now = () => now;
    expect((await models(API_KEY_TEXT, address)).status).toBe(200);
  });
});

describe('a cookie whose sign-in has ended', () => {
  it('is asked about once', async () => {
    const cookie = await world.signIn(origin);
    world.agent(tenantId).revoked = true;
    const before = asked('me');
    for (let n = 0; n < 5; n += 1) {
      const headers = { cookie, ...from(newAddress()) };
      expect((await world.ask(`${origin}/api/me`, { headers })).status).toBe(401);
    }
    expect(asked('me') - before).toBe(1);
  });

  it('keeps nobody from signing in again, nor does an address that is shut', async () => {
    const cookie = await world.signIn(origin);
    world.agent(tenantId).revoked = true;
    const headers = { cookie, ...from(newAddress()) };
    expect((await world.ask(`${origin}/api/me`, { headers })).status).toBe(401);
    world.agent(tenantId).revoked = false;
    expect(await world.signIn(origin, headers)).toContain('__Host-sk_member=');
    const shut = newAddress();
    world.deps.refusals.shut(shut, Date.now() + 60_000);
    const behind = { cookie, ...from(shut) };
    expect((await world.ask(`${origin}/api/sessions`, { headers: behind })).status).toBe(429);
    expect(await world.signIn(origin, behind)).toContain('__Host-sk_member=');
  });
});

describe('forged assertions of Access', () => {
  it('are counted by their address, before more of them are verified', async () => {
    const address = newAddress();
    const forged = { 'cf-access-jwt-assertion': 'a.b.c', ...from(address) };
    const ask = (headers: Record<string, string>): Promise<Response> =>
      world.ask('https://streamkinetics.com/admin/api/me', { headers });
    for (let n = 0; n <= REFUSAL_LIMIT.limit; n += 1) expect((await ask(forged)).status).toBe(401);
    expect((await ask(forged)).status).toBe(429);
    expect((await ask({ ...world.admin, ...from(newAddress()) })).status).toBe(200);
  });
});

describe('what anybody may ask for', () => {
  it.each([
    ['pings', () => 'https://streamkinetics.com/healthz', 200],
    ['pages', () => 'https://streamkinetics.com/', 200],
    ['hosts of nobody', (n: number) => `https://nobody-${n}.streamkinetics.com/api/me`, 404],
    ['pages of nobody', (n: number) => `https://nobody-${n}.streamkinetics.com/chat`, 404],
  ] as const)('is bounded for one address: %s', async (_, url, status) => {
    const address = newAddress();
    let allowed = 0;
    world.env.PUBLIC_LIMIT = {
      limit: ({ key }) => {
        allowed += 1;
        return Promise.resolve({ success: key === address && allowed <= 3 });
      },
    };
    const seen: number[] = [];
    for (let n = 0; seen.at(-1) !== 429 && n < 9; n += 1) {
      seen.push((await world.ask(url(n), { headers: from(address) })).status);
    }
    expect([seen[0], seen.at(-1)]).toEqual([status, 429]);
  });

  it('is loose: a page with its files, many times over', () => {
    expect(PUBLIC_LIMIT.limit).toBeGreaterThanOrEqual(600);
  });

  it('goes on when the limit cannot be asked, and the log says so', async () => {
    world.env.PUBLIC_LIMIT = NEVER;
    const headers = from(newAddress());
    expect((await world.ask('https://streamkinetics.com/', { headers })).status).toBe(200);
    expect(world.log).toContainEqual(
      expect.objectContaining({ event: 'rate_limit.failed', limit: 'PUBLIC_LIMIT' }),
    );
  });
});
