import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ulid } from 'ulid';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApiKeyBody, parseApiKey, type CreateApiKeyBody } from '../contract/api-keys.ts';
import { apiKeys, attempts } from '../db/agent/schema.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import type { ApiCall, Caller } from './rpc.ts';
import { sha256Hex } from './secrets.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const HOST = 'acme.localhost';
const operator = (role: 'viewer' | 'maintainer' | 'admin'): Caller => ({
  kind: 'operator',
  subject: 'eve@sk.com',
  role,
});
type KeyCaller = Caller & { kind: 'key' };

/** A key of an agent, and the program that calls with it. */
async function program(
  { rpc }: FreshAgent,
  changed: Partial<CreateApiKeyBody> = {},
): Promise<{ id: string; caller: KeyCaller }> {
  const body = createApiKeyBody.parse({ name: 'CI', ...changed });
  const { id, key } = await rpc.createApiKey(operator('admin'), ulid(), body);
  const { secret = '' } = parseApiKey(key) ?? {};
  return {
    id,
    caller: { kind: 'key', keyId: id, secretHash: sha256Hex(secret), host: HOST },
  };
}
const call = (callId: string, changed: Partial<ApiCall> = {}): ApiCall => ({
  callId,
  requestBytes: 300,
  requestedMaxTokens: null,
  model: null,
  workload: null,
  ...changed,
});

describe('an agent’s API keys', () => {
  it('are made, listed and revoked by owners and operators', async () => {
    const tenant = await newTenant();
    for (const caller of [await join(tenant, 'owner'), operator('maintainer'), operator('admin')]) {
      const made = await tenant.rpc.createApiKey(
        caller,
        ulid(),
        createApiKeyBody.parse({ name: 'CI' }),
      );
      expect(made.createdBy).toBe(caller.kind === 'operator' ? 'eve@sk.com' : 'Ann');
      const { key: _, ...view } = made;
      expect((await tenant.rpc.listApiKeys(caller)).find(({ id }) => id === made.id)).toEqual(view);
      expect((await tenant.rpc.revokeApiKey(caller, made.id)).state).toBe('revoked');
    }
  });

  it('are none of a user’s or a program’s business, and a viewer may only look', async () => {
    const tenant = await newTenant();
    const { rpc } = tenant;
    const { id, caller: key } = await program(tenant);
    const body = createApiKeyBody.parse({ name: 'mine' });
    for (const caller of [await join(tenant, 'user'), key]) {
      expect(await codeOf(() => rpc.listApiKeys(caller))).toBe('forbidden');
      expect(await codeOf(() => rpc.createApiKey(caller, ulid(), body))).toBe('forbidden');
      expect(await codeOf(() => rpc.revokeApiKey(caller, id))).toBe('forbidden');
    }
    expect(await rpc.listApiKeys(operator('viewer'))).toHaveLength(1);
    expect(await codeOf(() => rpc.createApiKey(operator('viewer'), ulid(), body))).toBe(
      'forbidden',
    );
    expect(await codeOf(() => rpc.revokeApiKey(operator('viewer'), id))).toBe('forbidden');
    await tenant.inside(({ db }) => expect(db.select().from(apiKeys).all()).toHaveLength(1));
  });
});

describe('a program’s model call', () => {
  it('is admitted by its key, as a call of no sandbox', async () => {
    const tenant = await newTenant();
    const { caller } = await program(tenant);
    const admission = await tenant.rpc.admitApi(
      caller,
      call('call', { workload: 'summarize' }),
      [],
    );
    expect(admission).toMatchObject({ ok: true, attempt: { id: 'call.1' } });
    await tenant.inside(({ db }) =>
      expect(db.select().from(attempts).all()).toMatchObject([
        { source: 'api', workload: 'summarize', generation: null, turnId: null },
      ]),
    );
  });

  it('that names no workload is of the key’s first', async () => {
    const tenant = await newTenant();
    const { caller } = await program(tenant, { workloads: ['monitor', 'summarize'] });
    await tenant.rpc.admitApi(caller, call('call'), []);
    await tenant.inside(({ db }) =>
      expect(db.select().from(attempts).all()).toMatchObject([{ workload: 'summarize' }]),
    );
  });

  it('is refused for a workload that the key is not for', async () => {
    const tenant = await newTenant();
    const { caller } = await program(tenant, { workloads: ['summarize'] });
    const ask = () => tenant.rpc.admitApi(caller, call('call', { workload: 'chat' }), []);
    expect(await codeOf(ask)).toBe('forbidden');
    await tenant.inside(({ db }) => expect(db.select().from(attempts).all()).toEqual([]));
  });

  it('is refused from the request after the key was revoked', async () => {
    const tenant = await newTenant();
    const { id, caller } = await program(tenant);
    expect(await codeOf(() => tenant.rpc.admitApi(caller, call('a'), []))).toBeNull();
    await tenant.rpc.revokeApiKey(operator('admin'), id);
    expect(await codeOf(() => tenant.rpc.admitApi(caller, call('b'), []))).toBe('unauthenticated');
    expect(await codeOf(() => tenant.rpc.listModels(caller))).toBe('unauthenticated');
    expect(await codeOf(() => tenant.rpc.listSessions(caller))).toBe('unauthenticated');
  });

  it('is refused with a wrong secret, another tenant’s key, or under another host', async () => {
    const tenant = await newTenant();
    const other = await newTenant();
    const { caller } = await program(tenant);
    const ask = (from: FreshAgent, as: Caller) =>
      codeOf(() => from.rpc.admitApi(as, call('call'), []));
    expect(await ask(tenant, { ...caller, secretHash: 'f'.repeat(64) })).toBe('unauthenticated');
    expect(await ask(other, caller)).toBe('unauthenticated');
    expect(await ask(tenant, { ...caller, host: 'other.localhost' })).toBe('misdirected');
    expect(await ask(tenant, caller)).toBeNull();
  });

  it('is refused of a suspended tenant, and of anybody who is no program', async () => {
    const tenant = await newTenant();
    const { caller } = await program(tenant);
    for (const nobody of [operator('admin'), await join(tenant, 'owner')]) {
      expect(await codeOf(() => tenant.rpc.admitApi(nobody, call('call'), []))).toBe('forbidden');
    }
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    expect(await codeOf(() => tenant.rpc.admitApi(caller, call('call'), []))).toBe(
      'tenant_suspended',
    );
  });

  it('may name the models of its tier and platform, and no others', async () => {
    const tenant = await newTenant();
    const { caller } = await program(tenant, { workloads: ['monitor'] });
    const { workloads, models } = await tenant.rpc.listModels(caller);
    expect(workloads).toEqual(['monitor']);
    expect(models.length).toBeGreaterThan(0);
    for (const model of models) {
      const admission = await tenant.rpc.admitApi(caller, call(model, { model }), []);
      expect(admission).toMatchObject({ ok: true, attempt: { model, hasFallback: false } });
      await tenant.rpc.settle({
        attemptId: `${model}.1`,
        outcome: 'upstream_error',
        status: 500,
        usage: null,
        logId: null,
        firstByteMs: null,
        latencyMs: 1,
        callFailed: true,
      });
    }
    expect(await tenant.rpc.admitApi(caller, call('x', { model: 'gpt-4o' }), [])).toMatchObject({
      ok: false,
      code: 'model_not_found',
    });
  });
});

describe('a program’s message', () => {
  it('is a member’s, by the name of its key, where that is for chats', async () => {
    const tenant = await newTenant();
    const { caller } = await program(tenant, { name: 'CI' });
    const session = await tenant.rpc.createSession(caller, { title: undefined });
    const message = { id: 'client-id-1', text: 'hello', waitMs: 0 };
    await tenant.rpc.createTurn(caller, session.id, message);
    const { events } = await tenant.rpc.history(caller, session.id, { after: 0, limit: 1 });
    expect(events).toMatchObject([{ data: { type: 'user', by: 'CI', text: 'hello' } }]);
    const { caller: other } = await program(tenant, { workloads: ['summarize'] });
    expect(await codeOf(() => tenant.rpc.listSessions(other))).toBe('forbidden');
  });
});
