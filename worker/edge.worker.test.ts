import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createdTenant,
  meView,
  tenantList,
  tenantView,
  type CreatedTenant,
} from '../contract/api.ts';
import { errorBody } from '../contract/errors.ts';
import { INVITE_TOKEN, SESSION } from './doubles/agent.ts';
import { createWorld, type World } from './doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
let world: World;

beforeEach(async () => {
  world = await createWorld();
});

const json = (
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});

async function codeOf(response: Response): Promise<string> {
  return errorBody.parse(await response.json()).error.code;
}

function postTenant(body: object): Promise<Response> {
  return world.ask(
    `${SYSTEM}/admin/api/tenants`,
    json('POST', { platform: 'streamkinetics.com', tier: 'free', ...body }),
  );
}

async function createTenant(body: object = {}): Promise<CreatedTenant> {
  const response = await postTenant(body);
  expect([201, 202]).toContain(response.status);
  return createdTenant.parse(await response.json());
}

/** Signs in on a tenant's host and answers the cookie. */
async function signIn(tenant: { url: string }): Promise<string> {
  const response = await world.ask(
    `${tenant.url}/api/sign-in`,
    json('POST', { invite: INVITE_TOKEN }, { origin: tenant.url }),
  );
  expect(response.status).toBe(201);
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

async function auditRows(target: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare('SELECT * FROM audit WHERE target = ? ORDER BY id')
    .bind(target)
    .all();
  return results;
}

/** Status and, for a redirect, where to. */
async function seen(url: string): Promise<string> {
  const response = await world.ask(url, { redirect: 'manual' });
  return `${response.status} ${response.headers.get('location') ?? ''}`.trim();
}

describe('tenants', () => {
  it('are made with a name, a host, an owner invite, an audit entry and a told agent', async () => {
    const tenant = await createTenant({ region: 'weur' });
    expect(tenant.slug).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
    expect(tenant).toMatchObject({
      hostname: `${tenant.slug}.streamkinetics.com`,
      url: `http://${tenant.slug}.localhost:8787`,
      sandboxId: `tenant-${tenant.id}`,
      version: 1,
      appliedVersion: 1,
      pending: false,
    });
    expect(tenant.invite?.url).toBe(`${tenant.url}/join/${INVITE_TOKEN}`);
    expect(world.agent(tenant.id).record?.hostnames).toEqual([tenant.hostname]);
    const [entry] = await auditRows(`tenant:${tenant.id}`);
    expect(entry).toMatchObject({ actor: 'local', action: 'tenant.create', tenant_id: tenant.id });
    const invited = await auditRows(`invite:${tenant.invite?.id}`);
    expect(invited).toMatchObject([{ action: 'invite.create', tenant_id: tenant.id }]);
    expect(JSON.stringify(invited)).not.toContain(INVITE_TOKEN);
  });

  it('are pending, not lost, when the agent cannot be told', async () => {
    const failing = world.deps.agentOf;
    world.deps.agentOf = () => {
      throw Object.assign(new Error('reset'), { retryable: true });
    };
    const tenant = await createTenant({ slug: 'pending-one' });
    expect(tenant).toMatchObject({ pending: true, invite: null, appliedVersion: 0 });
    world.deps.agentOf = failing;
    const response = await world.ask(
      `${SYSTEM}/admin/api/tenants/pending-one`,
      json('PATCH', { tier: 'free' }),
    );
    expect(await response.json()).toMatchObject({ pending: false, appliedVersion: 1, version: 1 });
  });

  it('refuse taken, reserved and malformed names and unknown platforms', async () => {
    await createTenant({ slug: 'taken' });
    expect(await codeOf(await postTenant({ slug: 'taken' }))).toBe('slug_taken');
    expect(await codeOf(await postTenant({ slug: 'admin' }))).toBe('invalid_request');
    expect(await codeOf(await postTenant({ slug: 'No Slug' }))).toBe('invalid_request');
    expect(await codeOf(await postTenant({ platform: 'evil.example' }))).toBe('invalid_request');
    expect(await codeOf(await postTenant({ surprise: 1 }))).toBe('invalid_request');
  });

  it('change with a new version that the agent gets, and an audit entry', async () => {
    const { id } = await createTenant();
    const response = await world.ask(
      `${SYSTEM}/admin/api/tenants/${id}`,
      json('PATCH', { tier: 'premium' }),
    );
    expect(await response.json()).toMatchObject({ tier: 'premium', version: 2, pending: false });
    expect(world.agent(id).record).toMatchObject({ tier: 'premium', version: 2 });
    const [, entry] = await auditRows(`tenant:${id}`);
    expect(JSON.parse(String(entry?.['before']))).toMatchObject({ tier: 'free', version: 1 });
    expect(JSON.parse(String(entry?.['after']))).toMatchObject({ tier: 'premium', version: 2 });
  });

  it('are listed by pages and found by id and slug', async () => {
    for (const slug of ['page-one', 'page-two', 'page-three']) await createTenant({ slug });
    const slugs: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = `limit=2&q=page-${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const response = await world.ask(`${SYSTEM}/admin/api/tenants?${query}`);
      const list = tenantList.parse(await response.json());
      slugs.push(...list.tenants.map((tenant) => tenant.slug));
      cursor = list.cursor;
    }
    expect(slugs.toSorted()).toEqual(['page-one', 'page-three', 'page-two']);
    const found = await world.ask(`${SYSTEM}/admin/api/tenants/page-two`);
    const tenant = tenantView.parse(await found.json());
    expect((await world.ask(`${SYSTEM}/admin/api/tenants/${tenant.id}`)).status).toBe(200);
    expect((await world.ask(`${SYSTEM}/admin/api/tenants/nobody-here`)).status).toBe(404);
    expect((await world.ask(`${SYSTEM}/admin/api/tenants?cursor=x`)).status).toBe(400);
  });

  it('leave the system tenant as it is', async () => {
    const patch = await world.ask(
      `${SYSTEM}/admin/api/tenants/system`,
      json('PATCH', { tier: 'free' }),
    );
    expect(await codeOf(patch)).toBe('invalid_request');
    expect((await world.ask(`${SYSTEM}/admin/api/tenants/system`)).status).toBe(200);
  });
});

describe('every change by an operator', () => {
  it.each(['wake', 'sleep', 'flush'])('leaves an audit entry: agent %s', async (command) => {
    const { id } = await createTenant();
    const response = await world.ask(`${SYSTEM}/admin/api/agents/${id}/${command}`, {
      method: 'POST',
    });
    expect(response.status).toBe(200);
    const rows = await auditRows(`agent:${id}`);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      action: `agent.${command}`,
      actor: 'local',
      request_id: response.headers.get('x-request-id'),
    });
  });

  it('leaves an audit entry: invites', async () => {
    const { id } = await createTenant();
    const response = await world.ask(
      `${SYSTEM}/admin/api/tenants/${id}/invites`,
      json('POST', { role: 'user', expiresInS: 60 }),
    );
    expect(response.status).toBe(201);
    const { results } = await env.DB.prepare(
      `SELECT * FROM audit WHERE tenant_id = ? AND action = 'invite.create'`,
    )
      .bind(id)
      .all();
    expect(results).toHaveLength(2);
  });
});

describe('members', () => {
  it('sign in by invite, are known by their cookie and sign out', async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    const me = await world.ask(`${tenant.url}/api/me`, { headers: { cookie } });
    expect(meView.parse(await me.json())).toMatchObject({
      id: 'member-1',
      role: 'owner',
      tenant: { slug: tenant.slug },
    });
    const asked = world.agent(tenant.id).asked.at(-1);
    expect(asked?.args[0]).toEqual({
      kind: 'member',
      memberId: 'member-1',
      signInId: 'sign-in-1',
      host: tenant.hostname,
    });
    const out = await world.ask(`${tenant.url}/api/sign-out`, {
      method: 'POST',
      headers: { cookie, origin: tenant.url },
    });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  it('reach nothing without a cookie, and no other tenant with theirs', async () => {
    const [mine, other] = [await createTenant(), await createTenant()];
    const cookie = await signIn(mine);
    for (const path of ['/api/me', '/api/sessions', `/api/sessions/${SESSION.id}/events`]) {
      expect(await codeOf(await world.ask(mine.url + path))).toBe('unauthenticated');
      const there = await world.ask(other.url + path, { headers: { cookie } });
      expect(await codeOf(there)).toBe('unauthenticated');
    }
    const asked = world.agent(other.id).asked.map(({ method }) => method);
    expect(asked).toEqual(['apply', 'createInvite']);
  });

  it('are refused when another origin, or none, asks for a change', async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    const send = (headers: Record<string, string>): Promise<Response> =>
      world.ask(`${tenant.url}/api/sessions`, json('POST', {}, { cookie, ...headers }));
    expect((await send({ origin: tenant.url })).status).toBe(201);
    expect((await send({ 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    for (const headers of [
      {},
      { origin: 'http://evil.localhost:8787' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'http://evil.localhost:8787', 'sec-fetch-site': 'same-origin' },
    ] as Record<string, string>[]) {
      expect(await codeOf(await send(headers))).toBe('cross_origin');
    }
  });

  it('never come by path: there no cookie is read and none is made', async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    const byPath = `${SYSTEM}/t/${tenant.slug}`;
    const me = await world.ask(`${byPath}/api/me`, { headers: { cookie } });
    expect(meView.parse(await me.json())).toMatchObject({ id: 'local', role: 'operator' });
    const login = await world.ask(`${byPath}/api/sign-in`, json('POST', { invite: INVITE_TOKEN }));
    expect(login.status).toBe(404);
    expect(login.headers.has('set-cookie')).toBe(false);
    const refused = await world.ask(`${byPath}/api/me`, {
      headers: { cookie, 'cf-access-client-id': 'x' },
    });
    expect(await codeOf(refused)).toBe('access_denied');
  });
});

describe('the chat socket', () => {
  it('reaches the agent with who asks, and never with what the client says it is', async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    const response = await world.ask(`${tenant.url}/api/socket`, {
      headers: {
        upgrade: 'websocket',
        cookie,
        origin: tenant.url,
        'x-sk-caller': '{"kind":"operator","role":"admin"}',
      },
    });
    expect(response.status).toBe(101);
    const socket = response.webSocket;
    const first = new Promise((resolve) => {
      socket?.addEventListener('message', (event) => resolve(event.data), { once: true });
    });
    socket?.accept();
    expect(await first).toBe('hello');
    const [, init] = (world.agent(tenant.id).asked.at(-1)?.args ?? []) as [string, RequestInit];
    const headers = new Headers(init.headers);
    expect(JSON.parse(headers.get('x-sk-caller') ?? '')).toMatchObject({ memberId: 'member-1' });
    expect(headers.get('x-sk-request-id')).toBe(response.headers.get('x-request-id'));
    expect(headers.has('cookie')).toBe(false);
  });

  it('needs the Origin of its own host', async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    for (const headers of [
      { upgrade: 'websocket', cookie },
      { upgrade: 'websocket', cookie, 'sec-fetch-site': 'same-origin' },
      { upgrade: 'websocket', cookie, origin: 'http://evil.localhost' },
    ] as Record<string, string>[]) {
      const response = await world.ask(`${tenant.url}/api/socket`, { headers });
      expect(await codeOf(response)).toBe('cross_origin');
    }
  });

  it('is told to upgrade when it does not', async () => {
    const tenant = await createTenant();
    const headers = { cookie: await signIn(tenant) };
    const response = await world.ask(`${tenant.url}/api/socket`, { headers });
    expect(response.status).toBe(426);
  });
});

describe('hosts', () => {
  it('are copied to KV when known and never when unknown', async () => {
    const tenant = await createTenant();
    expect((await world.ask(`${tenant.url}/chat`)).status).toBe(200);
    expect(await env.DIRECTORY.get(`host:${tenant.hostname}`, 'json')).toEqual({
      tenantId: tenant.id,
      region: null,
    });
    const unknown = await world.ask('http://nobody-here.localhost:8787/api/me');
    expect(await codeOf(unknown)).toBe('unknown_host');
    const page = await world.ask('http://nobody-here.localhost:8787/chat');
    expect([page.status, await page.text()]).toEqual([
      404,
      'There is no tenant at this address.\n',
    ]);
    const browser = { headers: { accept: 'text/html,*/*' } };
    const shown = await world.ask('http://nobody-here.localhost:8787/chat', browser);
    expect([shown.status, await shown.text()]).toEqual([404, 'page /unknown-address']);
    const { keys } = await env.DIRECTORY.list();
    expect(keys.map(({ name }) => name)).not.toContain('host:nobody-here.streamkinetics.com');
  });

  it('of tenants are no search engine’s to list, and the public pages are', async () => {
    const tenant = await createTenant();
    const robots = async (url: string) => (await world.ask(url)).headers.get('x-robots-tag');
    expect(await robots(`${tenant.url}/chat`)).toBe('noindex, nofollow');
    expect(await robots(`${tenant.url}/join/a-token`)).toBe('noindex, nofollow');
    expect(await robots('http://localhost:8787/')).toBeNull();
  });

  it('are mended when KV says the wrong tenant', async () => {
    const [right, wrong] = [await createTenant(), await createTenant()];
    await env.DIRECTORY.put(`host:${right.hostname}`, JSON.stringify({ tenantId: wrong.id }));
    const cookie = await signIn(right);
    const me = await world.ask(`${right.url}/api/me`, { headers: { cookie } });
    expect(me.status).toBe(200);
    expect(await env.DIRECTORY.get(`host:${right.hostname}`, 'json')).toMatchObject({
      tenantId: right.id,
    });
  });

  it('reach an agent that lacks its record after it got it', async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    world.agent(tenant.id).record = null;
    expect((await world.ask(`${tenant.url}/api/me`, { headers: { cookie } })).status).toBe(200);
  });

  it('have their own pages only', async () => {
    const tenant = await createTenant();
    expect(await seen(`${tenant.url}/`)).toBe('302 /chat');
    expect(await seen(`${tenant.url}/chat/${SESSION.id}`)).toBe('200');
    expect(await seen(`${tenant.url}/join/abc`)).toBe('200');
    expect(await seen(`${tenant.url}/pricing`)).toBe('404');
    expect(await seen(`${tenant.url}/admin`)).toBe('404');
    expect(await seen(`${tenant.url}/admin/api/me`)).toBe('404');
    expect(await seen(`${SYSTEM}/`)).toBe('200');
    expect(await seen(`${SYSTEM}/admin`)).toBe('200');
    expect(await seen(`${SYSTEM}/chat`)).toBe('404');
    expect(await seen(`${SYSTEM}/api/me`)).toBe('404');
  });

  it('give pages the API in-process', async () => {
    const response = await world.ask(`${SYSTEM}/ssr`);
    expect(await response.json()).toMatchObject({ ok: true });
  });
});

describe('answers', () => {
  it('carry an id and the security headers, and none of the headers that are ours alone', async () => {
    const response = await world.ask(`${SYSTEM}/admin/api/me`, {
      headers: { 'x-sk-request-id': 'forged', 'cf-aig-metadata': '{}' },
    });
    expect(await response.json()).toMatchObject({ subject: 'local', role: 'admin', kind: 'local' });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect([...response.headers.keys()].filter((name) => /^(x-sk-|cf-aig-)/.test(name))).toEqual(
      [],
    );
  });

  it.each([
    ['POST', '/admin/api/me', undefined, 405, 'method_not_allowed'],
    ['GET', '/admin/api/nothing', undefined, 404, 'not_found'],
    ['POST', '/admin/api/tenants', '{"a":', 400, 'invalid_json'],
    ['POST', '/admin/api/tenants', '[]', 400, 'invalid_request'],
    ['POST', '/admin/api/tenants', 'x'.repeat(20_000), 413, 'payload_too_large'],
    ['GET', '/t/nobody-here/api/me', undefined, 404, 'tenant_not_found'],
    ['GET', '/t/nobody-here/admin/api/me', undefined, 404, 'not_found'],
  ])('%s %s fails in one shape', async (method, path, body, status, code) => {
    const response = await world.ask(SYSTEM + path, { method, body });
    expect(response.status).toBe(status);
    const parsed = errorBody.parse(await response.json());
    expect(parsed.error.code).toBe(code);
    expect(parsed.error.requestId).toBe(response.headers.get('x-request-id'));
  });

  it('name what a 405 would have allowed', async () => {
    const response = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'DELETE' });
    expect(response.headers.get('allow')).toBe('GET, POST');
  });

  it('say nothing of what broke, while the log does', async () => {
    const { id } = await createTenant();
    world.agent(id).failWith = new TypeError('secret internals of x.y');
    const response = await world.ask(`${SYSTEM}/admin/api/agents/${id}`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toMatch(/secret|TypeError|\.ts/);
    expect(world.log.at(-1)).toMatchObject({
      level: 'error',
      code: 'internal',
      route: '/admin/api/agents/:id',
      caller: 'admin',
      cause: { name: 'TypeError', message: 'secret internals of x.y' },
    });
  });

  it('call an agent that cannot be reached unavailable', async () => {
    const { id } = await createTenant();
    world.agent(id).failWith = Object.assign(new Error('reset'), { durableObjectReset: true });
    const response = await world.ask(`${SYSTEM}/admin/api/agents/${id}`);
    expect(await codeOf(response)).toBe('agent_unavailable');
  });

  it('keep paths out of the log, since they hold invite tokens', async () => {
    const tenant = await createTenant();
    await world.ask(`${tenant.url}/join/${INVITE_TOKEN}`);
    expect(JSON.stringify(world.log)).not.toContain(INVITE_TOKEN);
  });
});

describe('DEV_MODE', () => {
  it('serves this machine only, on every route', async () => {
    for (const [url, headers] of [
      ['http://streamkinetics.com/healthz', {}],
      ['http://evil.example:8787/', {}],
      [`${SYSTEM}/healthz`, { 'cf-ray': '1' }],
    ] as [string, Record<string, string>][]) {
      const response = await world.ask(url, { headers });
      expect([response.status, await codeOf(response)]).toEqual([503, 'dev_mode_exposed']);
    }
  });

  it('refuses changes and sockets that a foreign page asks for', async () => {
    const headers = { origin: 'http://evil.example' };
    const change = await world.ask(
      `${SYSTEM}/admin/api/tenants`,
      json('POST', { platform: 'streamkinetics.com', tier: 'free' }, headers),
    );
    expect(await codeOf(change)).toBe('cross_origin');
    const socket = await world.ask(`${SYSTEM}/t/demo/api/socket`, {
      headers: { ...headers, upgrade: 'websocket' },
    });
    expect(await codeOf(socket)).toBe('cross_origin');
  });
});

describe('without DEV_MODE', () => {
  beforeEach(async () => {
    world = await createWorld({
      env: {
        DEV_MODE: 'false',
        CF_AI_GATEWAY_ACCOUNT_ID: '0'.repeat(32),
        CF_ACCESS_TEAM_DOMAIN: 'team',
        CF_ACCESS_AUD: 'a'.repeat(64),
        AI_GATEWAY_BASE_URL: undefined,
      },
    });
  });

  it('local names mean nothing, and nobody is an operator without Access', async () => {
    expect((await world.ask('https://localhost:8787/admin/api/me')).status).toBe(404);
    for (const host of ['streamkinetics.com', 'api.streamkinetics.com']) {
      const refused = await world.ask(`https://${host}/admin/api/me`, {
        headers: { 'cf-access-client-id': 'x', 'cf-access-client-secret': 'y' },
      });
      expect(await codeOf(refused)).toBe('access_denied');
      expect((await world.ask(`https://${host}/admin`)).status).toBe(401);
    }
    const byPath = await world.ask('https://api.streamkinetics.com/t/taken/api/me');
    expect(await codeOf(byPath)).toBe('access_denied');
  });

  it('an operator’s change is refused when another site’s page asks for it', async () => {
    const address = 'https://streamkinetics.com/admin/api/tenants/acme/suspend';
    const foreign = json('POST', {}, { origin: 'https://evil.example' });
    expect(await codeOf(await world.ask(address, foreign))).toBe('cross_origin');
    const own = json('POST', {}, { origin: 'https://streamkinetics.com' });
    expect(await codeOf(await world.ask(address, own))).toBe('access_denied');
  });

  it('public pages are on the apex only', async () => {
    expect((await world.ask('https://streamkinetics.com/')).status).toBe(200);
    expect((await world.ask('https://api.streamkinetics.com/')).status).toBe(404);
    expect((await world.ask('https://streamkinetics.com/t/taken/api/me')).status).toBe(404);
  });
});

describe('a wrong configuration', () => {
  it('is all that any route answers, without values', async () => {
    world = await createWorld({
      env: { SESSION_SIGNING_KEYS: 'short-and-secret', PLATFORMS: 'Bad Value' },
    });
    for (const path of ['/', '/admin/api/me', '/t/x/api/me']) {
      const response = await world.ask(SYSTEM + path);
      const text = await response.text();
      expect(response.status).toBe(503);
      expect(errorBody.parse(JSON.parse(text)).error).toMatchObject({
        code: 'not_configured',
        details: [
          expect.stringMatching(/^SESSION_SIGNING_KEYS/),
          expect.stringMatching(/^PLATFORMS/),
        ],
      });
      expect(text).not.toMatch(/short-and-secret|Bad Value/);
    }
    const ping = await world.ask(`${SYSTEM}/healthz`);
    expect(ping.status).toBe(503);
    expect(await ping.json()).toMatchObject({
      ok: false,
      problems: [expect.any(String), expect.any(String)],
    });
  });
});

describe('health', () => {
  it('tries each binding for real', async () => {
    const response = await world.ask(`${SYSTEM}/admin/api/health`);
    const body = (await response.json()) as {
      ok: boolean;
      checks: { name: string; ok: boolean }[];
    };
    expect(body).toMatchObject({ ok: true, versionId: expect.any(String) });
    expect(body.checks.map(({ name }) => name)).toEqual(['d1', 'kv', 'r2', 'agent', 'ai-gateway']);
  });

  it('says which one fails and what to do, and no secret', async () => {
    world.deps.fetch = () =>
      Promise.resolve(new Response('key test-key is wrong', { status: 403 }));
    const response = await world.ask(`${SYSTEM}/admin/api/health`);
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(JSON.parse(text).checks.at(-1)).toMatchObject({
      ok: false,
      message: 'The API key is refused.',
      fix: expect.stringContaining('CF_AI_GATEWAY_GATEWAY_ID'),
    });
    expect(text).not.toContain('test-key');
  });
});

describe('the routing test', () => {
  it('asks the system tenant\u2019s agent, after it got its record', async () => {
    const response = await world.ask(
      `${SYSTEM}/admin/api/routing/test`,
      json('POST', { tier: 'premium' }),
    );
    expect(await response.json()).toMatchObject({
      tier: 'premium',
      workload: 'chat',
      platform: 'streamkinetics.com',
    });
    const [apply, test] = [...world.agents.values()][0]?.asked ?? [];
    expect([apply?.method, test?.method]).toEqual(['apply', 'testRoute']);
  });
});
