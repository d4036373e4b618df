import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { ulid } from 'ulid';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApiKeyBody, parseApiKey } from '../contract/api-keys.ts';
import { apiKeys, due, signIns } from '../db/agent/schema.ts';
import { forgetKeys } from './api-keys.ts';
import { OPERATOR_SOCKET_MS } from './credentials.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { HOST, inviteToken, join, open, OPERATOR } from './doubles/join.ts';
import { allDue } from './due.ts';
import { MAX_FRAMES_PER_MINUTE } from './frame-rate.ts';
import type { Caller } from './rpc.ts';
import { sha256Hex } from './secrets.ts';
import { SIGN_IN_MS } from './sign-ins.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

async function program(
  { rpc }: FreshAgent,
  expiresInS: number | null = null,
): Promise<Caller & { kind: 'key' }> {
  const body = createApiKeyBody.parse({ name: 'CI', expiresInS });
  const { id, key } = await rpc.createApiKey(OPERATOR, ulid(), body);
  const { secret = '' } = parseApiKey(key) ?? {};
  return { kind: 'key', keyId: id, secretHash: sha256Hex(secret), host: HOST };
}

async function greeted({ rpc }: FreshAgent, caller: Caller): Promise<ChatClient> {
  const client = await ChatClient.open(rpc, caller);
  await client.next('hello');
  return client;
}

/** A tenant where Ann, Bob and a program have sockets open; `sessionId` is what they may follow. */
async function connected() {
  const tenant = await newTenant();
  const [ann, bob, key] = [await join(tenant), await join(tenant), await program(tenant)];
  const { id: sessionId } = await tenant.rpc.createSession(OPERATOR, { title: 'Plans' });
  const sockets = {
    ann: await greeted(tenant, ann),
    bob: await greeted(tenant, bob),
    key: await greeted(tenant, key),
  };
  /** Proves that a socket is open by what comes back on it. */
  const answers = async (client: ChatClient): Promise<void> => {
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events', ({ caughtUp }) => caughtUp === true);
  };
  return { tenant, rpc: tenant.rpc, stub: tenant.stub, ann, bob, key, sessionId, sockets, answers };
}

describe('a socket closes at once', () => {
  it('when its sign-in is revoked; all others stay', async () => {
    const { rpc, ann, sockets, answers } = await connected();
    await rpc.revokeSignIn(OPERATOR, ann.signInId);
    expect((await sockets.ann.closed).code).toBe(4401);
    await answers(sockets.bob);
    await answers(sockets.key);
  });

  it('when another sign-in of its member revokes it; that one’s stays', async () => {
    const { tenant, rpc, ann, sockets, answers } = await connected();
    const again = await open(tenant, await inviteToken(tenant, { memberId: ann.memberId }));
    const socket = await greeted(tenant, again);
    await rpc.revokeOtherSignIns(again);
    expect((await sockets.ann.closed).code).toBe(4401);
    await answers(socket);
    await answers(sockets.bob);
  });

  it('when its member is removed; all others stay', async () => {
    const { rpc, ann, sockets, answers } = await connected();
    await rpc.removeMember(OPERATOR, ann.memberId);
    expect((await sockets.ann.closed).code).toBe(4401);
    await answers(sockets.bob);
    await answers(sockets.key);
  });

  it('when its key is revoked; all others stay', async () => {
    const { rpc, key, sockets, answers } = await connected();
    await rpc.revokeApiKey(OPERATOR, key.keyId);
    expect((await sockets.key.closed).code).toBe(4401);
    await answers(sockets.ann);
  });

  it('when its tenant is suspended, or deleted', async () => {
    const suspended = await connected();
    await suspended.rpc.apply({ ...suspended.tenant.record, status: 'suspended', version: 2 });
    for (const client of Object.values(suspended.sockets)) {
      expect((await client.closed).code).toBe(4403);
    }
    const deleted = await connected();
    await deleted.rpc.apply({ ...deleted.tenant.record, status: 'deleting', version: 2 });
    for (const client of Object.values(deleted.sockets)) {
      expect((await client.closed).code).toBe(4410);
    }
  });

  it('when its hostname is taken away; those on the tenant’s others stay', async () => {
    const { tenant, rpc, sockets, answers } = await connected();
    const hostnames = [HOST, 'other.localhost'];
    await rpc.apply({ ...tenant.record, hostnames, version: 2 });
    const { token } = await rpc.createInvite(OPERATOR, ulid(), {
      role: 'user',
      expiresInS: 60,
      hostname: 'other.localhost',
    });
    const host = 'other.localhost';
    const { member, signInId } = await rpc.signIn({ invite: token, name: 'Eve', host });
    const eve = await greeted(tenant, { kind: 'member', memberId: member.id, signInId, host });
    await rpc.apply({ ...tenant.record, hostnames: [host], version: 3 });
    for (const client of Object.values(sockets)) expect((await client.closed).code).toBe(4401);
    await answers(eve);
  });

  it('when it hibernated meanwhile', async () => {
    const { stub, rpc, ann, key, sockets, answers } = await connected();
    await evictDurableObject(stub);
    await rpc.removeMember(OPERATOR, ann.memberId);
    expect((await sockets.ann.closed).code).toBe(4401);
    await evictDurableObject(stub);
    await rpc.revokeApiKey(OPERATOR, key.keyId);
    expect((await sockets.key.closed).code).toBe(4401);
    await answers(sockets.bob);
  });
});

describe('a socket closes by itself', () => {
  const expiresAt = ({ inside }: FreshAgent) =>
    inside(({ db }) => allDue(db).find(({ kind }) => kind === 'expire')?.at ?? null);

  /** Makes the due step one whose time has come, as it is when what it waits for has expired. */
  const ring = async ({ inside, stub }: FreshAgent): Promise<void> => {
    await inside(async ({ db, state }) => {
      db.update(due)
        .set({ at: Date.now() - 1 })
        .run();
      await state.storage.setAlarm(Date.now() - 1);
    });
    await runDurableObjectAlarm(stub);
  };

  it('when its sign-in expires, without a frame; later ones stay until theirs does', async () => {
    const { tenant, stub, ann, sockets, answers } = await connected();
    const first = await expiresAt(tenant);
    expect(first).toBeGreaterThan(Date.now() + SIGN_IN_MS - 60_000);
    await evictDurableObject(stub);
    await tenant.inside(({ db }) => {
      db.update(signIns)
        .set({ expiresAt: Date.now() - 1 })
        .where(eq(signIns.id, ann.signInId))
        .run();
    });
    await ring(tenant);
    expect((await sockets.ann.closed).code).toBe(4401);
    await answers(sockets.bob);
    await answers(sockets.key);
    // Bob’s sign-in is the next to end.
    expect(await expiresAt(tenant)).toBeGreaterThanOrEqual(first ?? 0);
  });

  it('when its key expires', async () => {
    const tenant = await newTenant();
    const key = await program(tenant, 60);
    const socket = await greeted(tenant, key);
    expect(await expiresAt(tenant)).toBeLessThanOrEqual(Date.now() + 60_000);
    await tenant.inside(({ db }) => {
      db.update(apiKeys)
        .set({ expiresAt: Date.now() - 1 })
        .run();
      forgetKeys(db);
    });
    await ring(tenant);
    expect((await socket.closed).code).toBe(4401);
    expect(await expiresAt(tenant)).toBeNull();
  });

  it('after an hour when it is an operator’s, who may open another', async () => {
    const tenant = await newTenant();
    const socket = await greeted(tenant, OPERATOR);
    const at = (await expiresAt(tenant)) ?? 0;
    expect(Math.abs(at - Date.now() - OPERATOR_SOCKET_MS)).toBeLessThan(60_000);
    await tenant.inside(({ state }) => {
      for (const one of state.getWebSockets()) {
        one.serializeAttachment({ ...one.deserializeAttachment(), expiresAt: Date.now() - 1 });
      }
    });
    await ring(tenant);
    expect((await socket.closed).code).toBe(4408);
  });

  it('is not what an agent waits for whose sockets never expire', async () => {
    const tenant = await newTenant();
    const socket = await greeted(tenant, await program(tenant));
    expect(await expiresAt(tenant)).toBeNull();
    socket.close();
  });
});

it('a socket that sends too many frames in a minute is closed and not heard, and only that one', async () => {
  const { rpc, sessionId, sockets, answers } = await connected();
  // The minute may turn once while they are sent.
  for (let i = 0; i < 2 * MAX_FRAMES_PER_MINUTE; i += 1) sockets.ann.raw('{}');
  sockets.ann.send({ type: 'send', id: 'client-id-1', sessionId, text: 'one too many' });
  expect((await sockets.ann.closed).code).toBe(1008);
  await answers(sockets.bob);
  expect((await rpc.history(OPERATOR, sessionId, { after: 0, limit: 1 })).events).toEqual([]);
});
