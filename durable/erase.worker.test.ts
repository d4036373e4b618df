import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createInviteBody } from '../contract/members.ts';
import { attempts, members, sessions, signIns, snapshots, turns } from '../db/agent/schema.ts';
import { readCell, writeCell } from './cells.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { codeOf, freshAgent, newTenant, NOW } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import { allDue, setDue } from './due.ts';
import { eraseAgent, type EraseDeps } from './erase.ts';
import type { Caller } from './rpc.ts';
import { createSession } from './sessions.ts';
import { redeemTicket, issueTicket } from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { queueTurn } from './turns.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const HOST = 'acme.localhost';
const OPERATOR: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };

/** A session with a turn that nobody carries, as an evicted object has it. */
function addTurn(db: AgentDb): { sessionId: string; turnId: string } {
  const { id: sessionId } = createSession(db, { title: 'Plans', maxSessions: 9, now: NOW });
  const message = { sessionId, clientId: 'client-id-1', text: 'hello', by: 'Ann' };
  const queued = queueTurn(db, { ...message, workload: 'chat', maxQueued: 9, now: NOW });
  return { sessionId, turnId: queued.turn.id };
}

function addAttempt(db: AgentDb, state: 'open' | 'unsettled' | 'final', id: string): void {
  db.insert(attempts)
    .values({
      id: `${id}.1`,
      callId: id,
      attempt: 1,
      state,
      source: 'sandbox',
      platform: 'streamkinetics.com',
      tier: 'free',
      workload: 'chat',
      model: '@cf/zai-org/glm-4.7-flash',
      policyVersion: 1,
      reservedTokens: 0,
      reservedNano: 0,
      outcome: 'ok',
      settledBy: 'exact',
      lookupAt: Date.now() + 3_600_000,
      createdAt: NOW,
    })
    .run();
}
const bookedOf = (tenantId: string): Promise<number | null> =>
  env.DB.prepare('SELECT count(*) AS n FROM usage WHERE tenant_id = ?')
    .bind(tenantId)
    .first<number>('n');

const keysOf = async (prefix: string): Promise<string[]> =>
  (await env.SNAPSHOTS.list({ prefix })).objects.map(({ key }) => key);

describe('emptying an agent', () => {
  /** An agent with something in every place, and what erasing it touches. */
  async function full(db: AgentDb, changed: Partial<EraseDeps> = {}): Promise<EraseDeps> {
    const tenantId = crypto.randomUUID();
    addTurn(db);
    db.insert(members).values({ id: 'm', name: 'Ann', role: 'user', createdAt: NOW }).run();
    db.insert(signIns)
      .values({ id: 's', memberId: 'm', hostname: HOST, createdAt: NOW, expiresAt: NOW })
      .run();
    await issueTicket(db, { kind: 'sleep', generation: 1, now: NOW });
    addAttempt(db, 'unsettled', 'call');
    setDue(db, 'turn', 'x', NOW);
    setDue(db, 'sweep', '', NOW);
    writeCell(db, 'wakeTimes', [1]);
    for (const id of ['a', 'b', 'c'])
      await env.SNAPSHOTS.put(`tenants/${tenantId}/snapshots/${id}`, id);
    const sandbox = { discard: async () => true };
    return { db, bucket: env.SNAPSHOTS, sandbox, tenantId, now: () => NOW, ...changed };
  }
  const rowsOf = (db: AgentDb): number[] =>
    [sessions, turns, members, signIns, snapshots].map(
      (table) => db.select().from(table).all().length,
    );

  it('leaves the books and what is to be done for them', () =>
    freshAgent().inside(async ({ db }) => {
      const deps = await full(db);
      await env.SNAPSHOTS.put(`tenants/${deps.tenantId}0/snapshots/a`, 'another tenant’s');
      expect(await eraseAgent(deps)).toBe(true);
      expect(rowsOf(db)).toEqual([0, 0, 0, 0, 0]);
      expect(await keysOf(`tenants/${deps.tenantId}`)).toEqual([
        `tenants/${deps.tenantId}0/snapshots/a`,
      ]);
      expect(db.select().from(attempts).all()).toHaveLength(1);
      expect(allDue(db).map(({ kind }) => kind)).toEqual(['sweep']);
      expect(readCell(db, 'wakeTimes')).toBeNull();
    }));

  it('removes objects page by page, and leaves what is left of too many to the next go', () =>
    freshAgent().inside(async ({ db }) => {
      let pages = 21;
      const list = async () => {
        pages -= 1;
        return { objects: [{ key: `k${pages}` }], truncated: pages > 0, delimitedPrefixes: [] };
      };
      const deleted: unknown[] = [];
      const bucket = { list, delete: async (keys: unknown) => void deleted.push(keys) };
      const deps = await full(db, { bucket: bucket as unknown as R2Bucket });
      expect(await eraseAgent(deps)).toBe(false);
      expect(rowsOf(db)).not.toContain(0);
      expect(await eraseAgent(deps)).toBe(true);
      expect(deleted).toHaveLength(21);
    }));

  it('waits for a sandbox that still runs, and for a snapshot on its way', () =>
    freshAgent().inside(async ({ db }) => {
      let isRunning = true;
      let now = NOW;
      const deps = await full(db, {
        sandbox: { discard: async () => !isRunning },
        now: () => now,
      });
      const { id, ticket } = await issueTicket(db, { kind: 'sleep', generation: 1, now: NOW });
      await redeemTicket(db, { id, ticket, generation: 1, size: 1, now: NOW });
      expect(await eraseAgent(deps)).toBe(false);
      isRunning = false;
      expect(await eraseAgent(deps)).toBe(false);
      expect(await keysOf(`tenants/${deps.tenantId}/`)).toHaveLength(3);
      now += 3_600_000;
      expect(await eraseAgent(deps)).toBe(true);
    }));

  it('that dies at any step ends the same when it is done again', () =>
    freshAgent().inside(async ({ db }) => {
      const whole = await full(db);
      const die = (): never => {
        throw new Error('killed');
      };
      const dying: Partial<EraseDeps>[] = [
        { sandbox: { discard: async () => die() } },
        { bucket: { list: async () => die(), delete: async () => die() } },
        { bucket: { list: (options) => whole.bucket.list(options), delete: async () => die() } },
        {
          db: new Proxy(db, {
            get: (it, name) => (name === 'transaction' ? die : Reflect.get(it, name)),
          }),
        },
      ];
      for (const part of dying) {
        await expect(eraseAgent({ ...whole, ...part })).rejects.toThrow('killed');
        expect(rowsOf(db)).not.toContain(0);
      }
      expect(await eraseAgent(whole)).toBe(true);
      expect(rowsOf(db)).toEqual([0, 0, 0, 0, 0]);
      expect(await keysOf(`tenants/${whole.tenantId}/`)).toEqual([]);
    }));
});

describe('an agent whose tenant is deleted', () => {
  it('ends its turns, closes its sockets and refuses everybody, in the commit that says so', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    const { sessionId } = await tenant.inside(({ db }) => addTurn(db));
    const client = await ChatClient.open(tenant.rpc, caller);
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events', ({ caughtUp }) => caughtUp === true);
    await tenant.inside(async ({ agent, db }) => {
      const applied = agent.apply({ ...tenant.record, status: 'deleting', version: 2 });
      // Before its first await: whatever dies after this, what follows is written.
      expect(allDue(db).map(({ kind }) => kind)).toContain('erase');
      expect(db.select().from(turns).get()?.state).toBe('error');
      await applied;
    });
    const { events } = await client.next('events', ({ events }) => events.length > 0);
    expect(events.map(({ data }) => data)).toEqual([
      expect.objectContaining({ type: 'error', code: 'tenant_deleted', retryable: false }),
    ]);
    expect((await client.closed).code).toBe(4410);
    const invite = createInviteBody.parse({});
    const ways: (() => Promise<unknown>)[] = [
      () => tenant.rpc.me(caller),
      () => tenant.rpc.listSessions(OPERATOR),
      () => tenant.rpc.wake(),
      () => tenant.rpc.createInvite(OPERATOR, 'x', invite),
      () => tenant.rpc.signIn({ invite: 'x', name: undefined, host: HOST }),
      () => tenant.rpc.allowRestore({ id: 'x', generation: 0 }),
      () => tenant.rpc.redeemTicket({ id: 'x', ticket: 'x', generation: 0, size: 1 }),
    ];
    for (const way of ways) expect(await codeOf(way)).toBe('tenant_deleted');
  });

  it('is emptied by its own alarm, also when it died right after it was told', async () => {
    const tenant = await newTenant();
    await join(tenant);
    const key = `tenants/${tenant.record.id}/snapshots/x`;
    await env.SNAPSHOTS.put(key, 'x');
    await tenant.rpc.apply({ ...tenant.record, status: 'deleting', version: 2 });
    await evictDurableObject(tenant.stub);
    await runDurableObjectAlarm(tenant.stub);
    await tenant.rpc.erase();
    expect(await env.SNAPSHOTS.head(key)).toBeNull();
    const left = await tenant.inside(({ db }) => ({
      members: db.select().from(members).all().length,
      due: allDue(db).map(({ kind }) => kind),
    }));
    expect(left).toEqual({ members: 0, due: [] });
  });

  it('goes only when every attempt is in D1, and then leaves nothing', async () => {
    const tenant = await newTenant();
    const { rpc, record } = tenant;
    await tenant.inside(({ db }) => addAttempt(db, 'unsettled', crypto.randomUUID()));
    await tenant.inside(({ db }) => addAttempt(db, 'final', crypto.randomUUID()));
    await rpc.apply({ ...record, status: 'deleting', version: 2 });
    expect(await rpc.erase()).toEqual({ erased: false });
    expect(await bookedOf(record.id)).toBe(1);
    expect(await codeOf(() => rpc.drop())).toBe('conflict');
    await tenant.inside(({ db }) => db.update(attempts).set({ state: 'final' }).run());
    expect(await rpc.erase()).toEqual({ erased: true });
    expect(await bookedOf(record.id)).toBe(2);
    await rpc.drop();
    await tenant.inside(async ({ state }) => {
      const tables = state.storage.sql.exec(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'",
      );
      expect(tables.toArray()).toEqual([]);
      expect(await state.storage.getAlarm()).toBeNull();
    });
  });

  it('that is gone knows no tenant, whoever asks and whatever is told to it late', async () => {
    const tenant = await newTenant();
    const { rpc, record } = tenant;
    const caller = await join(tenant);
    await rpc.apply({ ...record, status: 'deleting', version: 2 });
    await rpc.drop();
    const ways: (() => Promise<unknown>)[] = [
      () => rpc.me(caller),
      () => rpc.me(OPERATOR),
      () => rpc.inspect(),
      () => rpc.status(),
      () => rpc.wake(),
      () => rpc.sleep({ force: true }),
      () => rpc.flush(),
    ];
    for (const way of ways) expect(await codeOf(way)).toBe('tenant_not_found');
    await rpc.poke();
    await rpc.drop();
    expect(await rpc.erase()).toEqual({ erased: true });
    await rpc.apply(record);
    expect(await codeOf(() => rpc.me(caller))).toBe('tenant_not_found');
    await evictDurableObject(tenant.stub);
    await rpc.apply({ ...record, status: 'deleting', version: 2 });
    expect(await codeOf(() => rpc.inspect())).toBe('tenant_not_found');
    expect(await rpc.erase()).toEqual({ erased: true });
    await rpc.drop();
  });

  it('is not emptied as long as nobody has deleted it', async () => {
    const { rpc } = await newTenant();
    expect(await codeOf(() => rpc.erase())).toBe('conflict');
    expect(await codeOf(() => rpc.drop())).toBe('conflict');
    expect((await rpc.inspect()).status).toBe('active');
  });
});
