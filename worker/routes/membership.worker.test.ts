import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { apiKeyList, apiKeyView, createdApiKey } from '../../contract/api-keys.ts';
import { errorBody } from '../../contract/errors.ts';
import {
  createdInvite,
  inviteList,
  inviteView,
  memberList,
  memberView,
  revokedSignIns,
  signInList,
  signInView,
} from '../../contract/members.ts';
import { API_KEY_TEXT, INVITE_TOKEN, MEMBER, SIGN_IN } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';
import { sealCookie } from '../member-cookie.ts';

const SYSTEM = 'http://localhost:8787';
const INVITE_ID = '01HVVVVVVVVVVVVVVVVVVVVVVV';
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  const response = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'POST', body });
  tenant = createdTenant.parse(await response.json());
});

/** A member's cookie on a tenant's host. */
async function cookieOf({ id, hostname }: CreatedTenant): Promise<string> {
  const now = Date.now();
  const pass = {
    memberId: MEMBER.id,
    signInId: SIGN_IN.id,
    tenantId: id,
    host: hostname,
    exp: now + 3_600_000,
  };
  const options = { keys: world.env.SESSION_SIGNING_KEYS, devMode: true, now };
  return (await sealCookie(pass, options)).split(';')[0] ?? '';
}

/** Asks as a member on the tenant's host. */
async function asMember(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { cookie: await cookieOf(tenant), origin: tenant.url };
  return world.ask(`${tenant.url}/api${path}`, { method, headers, body: JSON.stringify(body) });
}

const asked = () => world.agent(tenant.id).asked.at(-1);

async function audited(): Promise<{ action: string; target: string; after: string | null }[]> {
  const { results } = await env.DB.prepare(
    `SELECT action, target, after FROM audit WHERE tenant_id = ? AND action NOT LIKE 'tenant.%'
     ORDER BY rowid`,
  )
    .bind(tenant.id)
    .all<{ action: string; target: string; after: string | null }>();
  return results;
}

const WAYS = [
  ['GET', '/invites', undefined, 'listInvites', inviteList, null],
  ['POST', '/invites', { role: 'user' }, 'createInvite', createdInvite, 'invite.create'],
  ['DELETE', `/invites/${INVITE_ID}`, undefined, 'revokeInvite', inviteView, 'invite.revoke'],
  ['GET', '/members', undefined, 'listMembers', memberList, null],
  ['PATCH', `/members/${MEMBER.id}`, { name: 'X' }, 'updateMember', memberView, 'member.update'],
  ['DELETE', `/members/${MEMBER.id}`, undefined, 'removeMember', memberView, 'member.remove'],
  ['GET', '/sign-ins', undefined, 'listSignIns', signInList, null],
  ['DELETE', `/sign-ins/${SIGN_IN.id}`, undefined, 'revokeSignIn', signInView, 'sign-in.revoke'],
  ['GET', '/keys', undefined, 'listApiKeys', apiKeyList, null],
  ['POST', '/keys', { name: 'CI' }, 'createApiKey', createdApiKey, 'key.create'],
  ['DELETE', `/keys/${INVITE_ID}`, undefined, 'revokeApiKey', apiKeyView, 'key.revoke'],
] as const;

describe.each(WAYS)('%s %s', (method, path, body, rpc, schema, action) => {
  it('asks the agent as the member, on the tenant’s host, and is in no audit', async () => {
    const before = await audited();
    const response = await asMember(method, path, body);
    expect(response.status).toBe(method === 'POST' ? 201 : 200);
    schema.parse(await response.json());
    expect(asked()).toMatchObject({ method: rpc });
    expect(asked()?.args[0]).toEqual({
      kind: 'member',
      memberId: MEMBER.id,
      signInId: SIGN_IN.id,
      host: tenant.hostname,
    });
    expect(await audited()).toEqual(before);
  });

  it('asks it as the operator, by path and under /admin, with an audit row for each change', async () => {
    const before = (await audited()).length;
    const places = [`/t/${tenant.slug}/api`, `/admin/api/tenants/${tenant.id}`];
    for (const place of places) {
      const url = `${SYSTEM}${place}${path}`;
      const response = await world.ask(url, { method, body: JSON.stringify(body) });
      expect(response.status).toBe(method === 'POST' ? 201 : 200);
      schema.parse(await response.json());
      expect(asked()).toMatchObject({ method: rpc });
      expect(asked()?.args[0]).toEqual({ kind: 'operator', subject: 'local', role: 'admin' });
    }
    const rows = (await audited()).slice(before);
    expect(rows.map((row) => row.action)).toEqual(action === null ? [] : [action, action]);
    const id = asked()?.args[1];
    if (action !== null) expect(rows[1]?.target).toBe(`${action.split('.')[0]}:${String(id)}`);
    expect(JSON.stringify(rows)).not.toContain(INVITE_TOKEN);
    expect(JSON.stringify(rows)).not.toContain(API_KEY_TEXT);
  });

  it('is for nobody who says nothing of themselves, nor for another tenant’s member', async () => {
    const before = world.agent(tenant.id).asked.length;
    const options = { method, body: JSON.stringify(body) };
    const nobody = await world.ask(`${tenant.url}/api${path}`, options);
    expect(nobody.status).toBe(401);
    const cookie = await cookieOf({ ...tenant, id: crypto.randomUUID() });
    const headers = { cookie, origin: tenant.url };
    const stranger = await world.ask(`${tenant.url}/api${path}`, { ...options, headers });
    expect(stranger.status).toBe(401);
    expect((await world.ask(`${tenant.url}/admin/api/tenants/${tenant.id}${path}`)).status).toBe(
      404,
    );
    expect(world.agent(tenant.id).asked).toHaveLength(before);
  });
});

describe('an invite', () => {
  it('is answered with its link, which is in no log', async () => {
    const response = await asMember('POST', '/invites', { role: 'owner', expiresInS: 60 });
    const invite = await response.json();
    expect(invite).toMatchObject({ url: `${tenant.url}/join/${INVITE_TOKEN}` });
    expect(invite).not.toHaveProperty('token');
    expect(asked()?.args[2]).toEqual({ role: 'owner', expiresInS: 60 });
    expect(JSON.stringify(world.log)).not.toContain(INVITE_TOKEN);
  });

  it.each([
    { role: 'admin' },
    { expiresInS: 59 },
    { expiresInS: 1e9 },
    { memberId: '../x' },
    { x: 1 },
  ])('of a form that is not known is refused: %o', async (body) => {
    const response = await asMember('POST', '/invites', body);
    expect(errorBody.parse(await response.json()).error.code).toBe('invalid_request');
  });
});

describe('who ends their own sign-in', () => {
  it.each([`/members/${MEMBER.id}`, `/sign-ins/${SIGN_IN.id}`])(
    'loses their cookie: %s',
    async (path) => {
      const response = await asMember('DELETE', path);
      expect(response.headers.get('set-cookie')).toContain('Max-Age=0');
    },
  );

  it('keeps it when it was another that ended, or all others', async () => {
    for (const path of [`/members/${INVITE_ID}`, `/sign-ins/${INVITE_ID}`]) {
      expect((await asMember('DELETE', path)).headers.has('set-cookie')).toBe(false);
    }
    const others = await asMember('POST', '/sign-ins/revoke-others');
    expect(revokedSignIns.parse(await others.json())).toEqual({ revoked: 1 });
    expect(others.headers.has('set-cookie')).toBe(false);
  });
});

it('what is no id is not found, and the system tenant has no members', async () => {
  for (const path of ['/invites/x', '/members/x', '/sign-ins/x', '/keys/x']) {
    const response = await asMember('DELETE', path);
    expect(errorBody.parse(await response.json()).error.code).toBe('not_found');
  }
  const system = await world.ask(`${SYSTEM}/admin/api/tenants/system/members`);
  expect(errorBody.parse(await system.json()).error.code).toBe('invalid_request');
});
