import { applyD1Migrations } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createdApiKey } from '../contract/api-keys.ts';
import { createdTenant, meView, sessionList, type CreatedTenant } from '../contract/api.ts';
import { errorBody } from '../contract/errors.ts';
import { createdInvite } from '../contract/members.ts';
import { sessionView } from '../contract/frames.ts';

/** The Worker as it is deployed, with real agents; only the site and the sandbox are not there. */
const SYSTEM = 'http://localhost:8787';
const ask = (url: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(new Request(url, { redirect: 'manual', ...init }));

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

async function createTenant(): Promise<CreatedTenant> {
  const response = await ask(`${SYSTEM}/admin/api/tenants`, {
    method: 'POST',
    body: JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' }),
  });
  expect(response.status).toBe(201);
  return createdTenant.parse(await response.json());
}

function useInvite(tenant: CreatedTenant, token: string): Promise<Response> {
  return ask(`${tenant.url}/api/sign-in`, {
    method: 'POST',
    headers: { origin: tenant.url },
    body: JSON.stringify({ invite: token, name: 'Ada' }),
  });
}
const tokenOf = (tenant: CreatedTenant): string => tenant.invite?.url.split('/join/')[1] ?? '';
async function cookieOf(tenant: CreatedTenant): Promise<string> {
  const response = await useInvite(tenant, tokenOf(tenant));
  expect(response.status).toBe(201);
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}
async function codeOf(response: Response): Promise<string> {
  return errorBody.parse(await response.json()).error.code;
}

describe('the Worker with real agents', () => {
  it('takes an owner from invite to session', async () => {
    const tenant = await createTenant();
    const cookie = await cookieOf(tenant);
    const me = await ask(`${tenant.url}/api/me`, { headers: { cookie } });
    expect(meView.parse(await me.json())).toMatchObject({ name: 'Ada', role: 'owner' });
    const made = await ask(`${tenant.url}/api/sessions`, {
      method: 'POST',
      headers: { cookie, origin: tenant.url },
      body: JSON.stringify({ title: 'First' }),
    });
    const session = sessionView.parse(await made.json());
    const one = await ask(`${tenant.url}/api/sessions/${session.id}`, { headers: { cookie } });
    expect(sessionView.parse(await one.json())).toEqual(session);
    const list = await ask(`${SYSTEM}/t/${tenant.slug}/api/sessions`);
    expect(sessionList.parse(await list.json()).sessions).toEqual([session]);
  });

  it('gets the code of an agent\u2019s refusal through RPC', async () => {
    const tenant = await createTenant();
    const cookie = await cookieOf(tenant);
    expect(await codeOf(await useInvite(tenant, tokenOf(tenant)))).toBe('invite_invalid');
    const nowhere = `${tenant.url}/api/sessions/01HZZZZZZZZZZZZZZZZZZZZZZZ`;
    expect(await codeOf(await ask(nowhere, { headers: { cookie } }))).toBe('session_not_found');
  });

  it('lets a member of one tenant reach nothing of another', async () => {
    const [mine, other] = [await createTenant(), await createTenant()];
    const cookie = await cookieOf(mine);
    const there = await ask(`${other.url}/api/sessions`, { headers: { cookie } });
    expect(await codeOf(there)).toBe('unauthenticated');
    expect(await codeOf(await useInvite(other, tokenOf(mine)))).toBe('invite_invalid');
  });

  it('ends a sign-in at the next request after signing out', async () => {
    const tenant = await createTenant();
    const cookie = await cookieOf(tenant);
    const headers = { cookie, origin: tenant.url };
    expect((await ask(`${tenant.url}/api/sign-out`, { method: 'POST', headers })).status).toBe(204);
    expect(await codeOf(await ask(`${tenant.url}/api/me`, { headers }))).toBe('unauthenticated');
  });

  it('opens the chat socket at the agent, which says hello', async () => {
    const tenant = await createTenant();
    const headers = { cookie: await cookieOf(tenant), origin: tenant.url, upgrade: 'websocket' };
    const { webSocket } = await ask(`${tenant.url}/api/socket`, { headers });
    const first = new Promise<string>((resolve) => {
      webSocket?.addEventListener('message', (event) => resolve(String(event.data)), {
        once: true,
      });
    });
    webSocket?.accept();
    expect(JSON.parse(await first)).toMatchObject({ type: 'hello', member: { name: 'Ada' } });
    webSocket?.close(1000, 'done');
  });

  it('keeps a member out while the tenant is suspended, and lets them in again after', async () => {
    const tenant = await createTenant();
    const headers = { cookie: await cookieOf(tenant), origin: tenant.url };
    const order = (what: string): Promise<Response> =>
      ask(`${SYSTEM}/admin/api/tenants/${tenant.id}/${what}`, { method: 'POST' });
    expect((await order('suspend')).status).toBe(200);
    expect(await codeOf(await ask(`${tenant.url}/api/me`, { headers }))).toBe('tenant_suspended');
    expect((await ask(`${SYSTEM}/t/${tenant.slug}/api/sessions`)).status).toBe(200);
    expect((await order('resume')).status).toBe(200);
    expect((await ask(`${tenant.url}/api/me`, { headers })).status).toBe(200);
  });

  it('deletes a tenant down to its tombstone, and its address is nobody’s', async () => {
    const tenant = await createTenant();
    const headers = { cookie: await cookieOf(tenant), origin: tenant.url };
    const key = `tenants/${tenant.id}/snapshots/x`;
    await env.SNAPSHOTS.put(key, 'x');
    const response = await ask(`${SYSTEM}/admin/api/tenants/${tenant.id}`, {
      method: 'DELETE',
      body: JSON.stringify({ slug: tenant.slug }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'deleted', pending: false });
    expect(await env.SNAPSHOTS.head(key)).toBeNull();
    expect(await codeOf(await ask(`${tenant.url}/api/me`, { headers }))).toBe('unknown_host');
    expect(await codeOf(await ask(`${SYSTEM}/t/${tenant.slug}/api/sessions`))).toBe(
      'tenant_not_found',
    );
  });

  it('moves a hostname so that what was made for it at the first tenant opens nothing there', async () => {
    const [from, to] = [await createTenant(), await createTenant()];
    const host = `chat-${from.slug}.customer.example`;
    const origin = `http://${host}.localhost:8787`;
    const hostnames = `${SYSTEM}/admin/api/tenants/${from.id}/hostnames`;
    const post = (url: string, body: object): Promise<Response> =>
      ask(url, { method: 'POST', body: JSON.stringify(body) });
    expect((await post(hostnames, { hostname: host })).status).toBe(200);
    const invite = async (id: string): Promise<string> => {
      const made = await post(`${SYSTEM}/admin/api/tenants/${id}/invites`, { hostname: host });
      const { url } = createdInvite.parse(await made.json());
      expect(url.startsWith(`${origin}/join/`)).toBe(true);
      return url.split('/join/')[1] ?? '';
    };
    const signIn = async (token: string): Promise<Response> =>
      ask(`${origin}/api/sign-in`, {
        method: 'POST',
        headers: { origin },
        body: JSON.stringify({ invite: token }),
      });
    const unused = await invite(from.id);
    const cookie =
      (await signIn(await invite(from.id))).headers.get('set-cookie')?.split(';')[0] ?? '';
    const made = await post(`${SYSTEM}/t/${from.slug}/api/keys`, {
      name: 'x',
      workloads: ['chat'],
    });
    const { key } = createdApiKey.parse(await made.json());
    const authorization = `Bearer ${key}`;
    const me = (headers: Record<string, string>): Promise<Response> =>
      ask(`${origin}/api/sessions`, { headers });
    expect((await me({ cookie })).status).toBe(200);
    expect((await me({ authorization })).status).toBe(200);
    const { webSocket: socket } = await ask(`${origin}/api/socket`, {
      headers: { cookie, origin, upgrade: 'websocket' },
    });
    const closed = new Promise<CloseEvent>((resolve) => {
      socket?.addEventListener('close', resolve, { once: true });
    });
    socket?.accept();

    expect((await post(`${hostnames}/${host}/move`, { to: to.id })).status).toBe(200);

    expect((await closed).code).toBe(4401);
    // A copy of before leads to the first agent, whose own record refuses.
    await env.DIRECTORY.put(`host:${host}`, JSON.stringify({ tenantId: from.id, region: null }));
    expect(await codeOf(await me({ authorization }))).toBe('unauthenticated');
    expect(await env.DIRECTORY.get(`host:${host}`, 'json')).toMatchObject({ tenantId: to.id });
    expect(await codeOf(await me({ cookie }))).toBe('unauthenticated');
    expect(await codeOf(await signIn(unused))).toBe('invite_invalid');
    const theirs = await signIn(await invite(to.id));
    expect(meView.parse(await theirs.json()).tenant.slug).toBe(to.slug);
  });

  it('brings an agent a change before it answers', async () => {
    const { id } = await createTenant();
    const response = await ask(`${SYSTEM}/admin/api/tenants/${id}`, {
      method: 'PATCH',
      body: JSON.stringify({ tier: 'premium' }),
    });
    expect(response.status).toBe(200);
    const agent = await ask(`${SYSTEM}/admin/api/agents/${id}`);
    expect(await agent.json()).toMatchObject({ tenantId: id, tier: 'premium', recordVersion: 2 });
  });
});
