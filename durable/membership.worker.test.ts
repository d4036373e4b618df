import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ulid } from 'ulid';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApiKeyBody, parseApiKey } from '../contract/api-keys.ts';
import { createInviteBody, type CreateInviteBody } from '../contract/members.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { HOST, inviteToken, join, open, OPERATOR } from './doubles/join.ts';
import type { Caller } from './rpc.ts';
import { sha256Hex } from './secrets.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const VIEWER: Caller = { kind: 'operator', subject: 'vi@sk.com', role: 'viewer' };

async function program({ rpc }: FreshAgent): Promise<Caller> {
  const made = await rpc.createApiKey(OPERATOR, ulid(), createApiKeyBody.parse({ name: 'CI' }));
  const { secret = '' } = parseApiKey(made.key) ?? {};
  return { kind: 'key', keyId: made.id, secretHash: sha256Hex(secret), host: HOST };
}

/** A tenant with one caller of each kind. */
async function people() {
  const tenant = await newTenant();
  const callers = {
    owner: await join(tenant, 'owner'),
    user: await join(tenant),
    key: await program(tenant),
    viewer: VIEWER,
    admin: OPERATOR,
    stranger: await join(await newTenant(), 'owner'),
  };
  const { rpc } = tenant;
  const create = (caller: Caller, body: Partial<CreateInviteBody> = {}) =>
    rpc.createInvite(caller, ulid(), createInviteBody.parse(body));
  return { tenant, rpc, create, ...callers, callers };
}

describe('who may', () => {
  const target = 'a member who is not there';
  it.each<[string, (rpc: FreshAgent['rpc'], caller: Caller) => Promise<unknown>, string[]]>([
    ['see invites', (rpc, c) => rpc.listInvites(c), ['owner', 'viewer', 'admin']],
    [
      'make invites',
      (rpc, c) => rpc.createInvite(c, ulid(), createInviteBody.parse({})),
      ['owner', 'admin'],
    ],
    ['revoke invites', (rpc, c) => rpc.revokeInvite(c, target), ['owner', 'admin']],
    ['see members', (rpc, c) => rpc.listMembers(c), ['owner', 'viewer', 'admin']],
    ['change members', (rpc, c) => rpc.updateMember(c, target, { name: 'X' }), ['owner', 'admin']],
    ['remove members', (rpc, c) => rpc.removeMember(c, target), ['owner', 'admin']],
    ['see sign-ins', (rpc, c) => rpc.listSignIns(c), ['owner', 'user', 'viewer', 'admin']],
    ['revoke sign-ins', (rpc, c) => rpc.revokeSignIn(c, target), ['owner', 'user', 'admin']],
    ['revoke their other sign-ins', (rpc, c) => rpc.revokeOtherSignIns(c), ['owner', 'user']],
  ])('%s', async (_what, ask, allowed) => {
    const { rpc, callers } = await people();
    for (const [name, caller] of Object.entries(callers)) {
      const code = await codeOf(() => ask(rpc, caller));
      const refused = name === 'stranger' ? 'unauthenticated' : 'forbidden';
      const isAllowed = allowed.includes(name);
      // Who may, and names what is not there, is told so.
      expect([name, isAllowed && code === 'not_found' ? null : code]).toEqual([
        name,
        isAllowed ? null : refused,
      ]);
    }
  });
});

it('a member may change their own name, and nothing else of themselves', async () => {
  const { rpc, owner, user } = await people();
  expect((await rpc.updateMember(user, user.memberId, { name: 'Uma' })).name).toBe('Uma');
  const promote = { name: 'Uma', role: 'owner' } as const;
  expect(await codeOf(() => rpc.updateMember(user, user.memberId, promote))).toBe('forbidden');
  const rename = () => rpc.updateMember(user, owner.memberId, { name: 'Uma' });
  expect(await codeOf(rename)).toBe('forbidden');
});

describe('an invite', () => {
  it('is for the host it is asked on, the one that is named, or the tenant’s own', async () => {
    const { rpc, tenant, create, owner } = await people();
    const own = 'acme.streamkinetics.com';
    await rpc.apply({ ...tenant.record, hostnames: ['a.example', own, HOST], version: 2 });
    expect((await create(owner)).hostname).toBe(HOST);
    expect((await create(OPERATOR)).hostname).toBe(own);
    expect((await create(owner, { hostname: 'a.example' })).hostname).toBe('a.example');
    expect(await codeOf(() => create(owner, { hostname: 'evil.example' }))).toBe('invalid_request');
  });

  it('names who made it, and is for members who are there', async () => {
    const { create, owner, user } = await people();
    expect((await create(owner)).createdBy).toBe('Ann');
    expect((await create(OPERATOR)).createdBy).toBe('eve@sk.com');
    expect((await create(owner, { memberId: user.memberId, role: 'owner' })).role).toBe('user');
    expect(await codeOf(() => create(owner, { memberId: ulid() }))).toBe('not_found');
  });

  it('of an owner who was removed, or is one no longer, lets nobody in', async () => {
    const { rpc, tenant, create, owner, user } = await people();
    await rpc.updateMember(OPERATOR, user.memberId, { role: 'owner' });
    const [first, second] = [await create(owner), await create(user)];
    await rpc.removeMember(OPERATOR, owner.memberId);
    await join(tenant, 'owner');
    await rpc.updateMember(OPERATOR, user.memberId, { role: 'user' });
    for (const { token } of [first, second]) {
      expect(await codeOf(() => open(tenant, token))).toBe('invite_invalid');
    }
  });
});

describe('a user', () => {
  it('sees and revokes their own sign-ins, and nobody else’s', async () => {
    const { rpc, tenant, owner, user } = await people();
    const again = await open(tenant, await inviteToken(tenant, { memberId: user.memberId }));
    const seen = await rpc.listSignIns(again);
    expect(seen.map(({ id, current }) => [id, current]).toSorted()).toEqual(
      [
        [again.signInId, true],
        [user.signInId, false],
      ].toSorted(),
    );
    expect(await codeOf(() => rpc.revokeSignIn(user, owner.signInId))).toBe('not_found');
    expect(await rpc.revokeSignIn(again, user.signInId)).toMatchObject({ state: 'revoked' });
    expect(await codeOf(() => rpc.me(user))).toBe('unauthenticated');
    expect(await codeOf(() => rpc.me(owner))).toBeNull();
  });

  it('ends all others at once, with the links that would make more', async () => {
    const { rpc, tenant, owner, user } = await people();
    const again = await open(tenant, await inviteToken(tenant, { memberId: user.memberId }));
    const link = await inviteToken(tenant, { memberId: user.memberId });
    expect(await rpc.revokeOtherSignIns(again)).toEqual({ revoked: 1 });
    expect(await codeOf(() => rpc.me(user))).toBe('unauthenticated');
    expect(await codeOf(() => open(tenant, link))).toBe('invite_invalid');
    expect(await codeOf(() => rpc.me(again))).toBeNull();
    expect(await codeOf(() => rpc.me(owner))).toBeNull();
  });

  it('may leave, and is signed out everywhere', async () => {
    const { rpc, owner, user } = await people();
    expect(await codeOf(() => rpc.removeMember(user, owner.memberId))).toBe('forbidden');
    expect(await rpc.removeMember(user, user.memberId)).toMatchObject({
      state: 'removed',
      signIns: 0,
    });
    expect(await codeOf(() => rpc.me(user))).toBe('unauthenticated');
    expect(await codeOf(() => rpc.removeMember(owner, owner.memberId))).toBe('conflict');
  });
});

it('an owner sees everybody’s sign-ins and revokes any', async () => {
  const { rpc, owner, user } = await people();
  expect(await rpc.listSignIns(owner)).toHaveLength(2);
  expect(await rpc.listSignIns(VIEWER)).toHaveLength(2);
  await rpc.revokeSignIn(owner, user.signInId);
  expect(await codeOf(() => rpc.me(user))).toBe('unauthenticated');
});

it('a member’s new role holds at their next request', async () => {
  const { rpc, owner, user } = await people();
  expect(await codeOf(() => rpc.listMembers(user))).toBe('forbidden');
  expect(await rpc.updateMember(owner, user.memberId, { role: 'owner' })).toMatchObject({
    role: 'owner',
    signIns: 1,
  });
  expect(await codeOf(() => rpc.listMembers(user))).toBeNull();
});

it('a hostname that was taken away and comes back brings no sign-in and no invite back', async () => {
  const { rpc, tenant, user, create } = await people();
  const { token } = await create(OPERATOR);
  const { record } = tenant;
  await rpc.apply({ ...record, hostnames: ['other.localhost'], version: 2 });
  expect(await codeOf(() => rpc.me(user))).toBe('misdirected');
  await rpc.apply({ ...record, version: 3 });
  expect(await codeOf(() => rpc.me(user))).toBe('unauthenticated');
  expect(await codeOf(() => open(tenant, token))).toBe('invite_invalid');
});
