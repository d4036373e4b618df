import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { turns } from '../db/agent/schema.ts';
import { readCell, writeCell } from './cells.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { FakeOpenClaw } from './doubles/fake-openclaw.ts';
import { codeOf, freshAgent, newTenant, NOW, type FreshAgent } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import { allDue, setDue } from './due.ts';
import type { Caller } from './rpc.ts';
import { createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { putToSleep } from './suspend.ts';
import { endTurn, markRunning, queueTurn, sessionKeyOf } from './turns.ts';
import { INITIAL_WAKE, type WakeEvent, type WakeState } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const HOST = 'acme.localhost';
const OPERATOR: Caller = { kind: 'operator', subject: 'eve@sk.com', role: 'admin' };
const READY: WakeState = {
  ...INITIAL_WAKE,
  state: 'ready',
  generation: 3,
  tokens: { supervisor: 's', gateway: 'g' },
};

/** A session with turns that nobody carries, as an evicted object has them. */
function addTurns(db: AgentDb, count: number) {
  const { id: sessionId } = createSession(db, { title: 'Plans', maxSessions: 9, now: NOW });
  const made = Array.from({ length: count }, (_, index) => {
    const message = { sessionId, clientId: `client-id-${index}`, text: 'hello', by: 'Ann' };
    return queueTurn(db, { ...message, workload: 'chat', maxQueued: 9, now: NOW }).turn;
  });
  return { sessionId, turns: made };
}
const suspend = ({ rpc, record }: FreshAgent) =>
  rpc.apply({ ...record, status: 'suspended', version: 2 });
const resume = ({ rpc, record }: FreshAgent) => rpc.apply({ ...record, version: 3 });

describe('suspending', () => {
  it('ends every open turn with one clear error, then closes the sockets', async () => {
    const tenant = await newTenant();
    const client = await ChatClient.open(tenant.rpc, await join(tenant));
    const { sessionId, turns: open } = await tenant.inside(({ db }) => {
      const added = addTurns(db, 2);
      markRunning(db, added.turns[0] as (typeof added.turns)[0], 1, NOW);
      return added;
    });
    client.send({ type: 'subscribe', sessionId, after: 0 });
    await client.next('events', ({ caughtUp }) => caughtUp === true);
    await suspend(tenant);
    expect(await client.closed).toEqual({ code: 4403, reason: 'suspended' });
    const ends = client.frames.flatMap((frame) =>
      frame.type === 'events' ? frame.events.filter(({ data }) => data.type !== 'user') : [],
    );
    expect(ends.map(({ turnId }) => turnId).toSorted()).toEqual(
      open.map(({ id }) => id).toSorted(),
    );
    for (const { data } of ends) {
      expect(data).toMatchObject({ type: 'error', code: 'tenant_suspended', retryable: true });
    }
    const { events } = await tenant.rpc.history(OPERATOR, sessionId, { after: 0, limit: 100 });
    expect(events.filter(({ data }) => data.type === 'error')).toHaveLength(2);
  });

  it('writes down what follows in the very commit of the record', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ agent, db }) => {
      addTurns(db, 1);
      const applied = agent.apply({ ...tenant.record, status: 'suspended', version: 2 });
      expect(allDue(db).map(({ kind }) => kind)).toContain('suspend');
      expect(db.select().from(turns).get()?.state).toBe('error');
      await applied;
    });
  });

  it('refuses members, invites and wakes, and lets operators look', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    const { id } = await tenant.rpc.createSession(caller, { title: 'Plans' });
    await suspend(tenant);
    const message = { id: 'client-id-1', text: 'x', waitMs: 0 };
    const ways: (() => Promise<unknown>)[] = [
      () => tenant.rpc.me(caller),
      () => tenant.rpc.listSessions(caller),
      () => tenant.rpc.createTurn(caller, id, message),
      () => tenant.rpc.createTurn(OPERATOR, id, message),
      () => tenant.rpc.signIn({ invite: 'x', name: undefined, host: HOST }),
      () => tenant.rpc.wake(),
    ];
    for (const way of ways) expect(await codeOf(way)).toBe('tenant_suspended');
    expect(await tenant.rpc.listSessions(OPERATOR)).toHaveLength(1);
    expect((await tenant.rpc.inspect()).status).toBe('suspended');
  });

  it('is over with the resumption: the same sign-in works again, after an eviction too', async () => {
    const tenant = await newTenant();
    const caller = await join(tenant);
    await suspend(tenant);
    await evictDurableObject(tenant.stub);
    expect(await codeOf(() => tenant.rpc.me(caller))).toBe('tenant_suspended');
    await resume(tenant);
    expect((await tenant.rpc.me(caller)).member.name).toBe('Ann');
    expect((await tenant.rpc.wake()).generation).toBe(1);
  });

  it('puts the sandbox to sleep by itself, also when the object dies right after it was told', async () => {
    const tenant = await newTenant();
    await tenant.inside(({ db }) => writeCell(db, 'wake', READY));
    await suspend(tenant);
    await evictDurableObject(tenant.stub);
    await tenant.inside(async ({ agent, db }) => {
      setDue(db, 'suspend', '', 1);
      await agent.alarm();
    });
    await expect.poll(() => tenant.inside(({ db }) => readCell(db, 'wake')?.state)).toBe('asleep');
    await runDurableObjectAlarm(tenant.stub);
    const kinds = await tenant.inside(({ db }) => allDue(db).map(({ kind }) => kind));
    expect(kinds).not.toContain('wake');
  });

  it('leaves a failed agent alone, which would try again otherwise', async () => {
    for (const [status, generation] of [
      ['suspended', 3],
      ['active', 4],
    ] as const) {
      const tenant = await newTenant();
      const failure = { code: 'x', message: 'x', nextTryAt: 1 };
      await tenant.rpc.apply({ ...tenant.record, status, version: 2 });
      await tenant.inside(async ({ agent, db }) => {
        writeCell(db, 'wake', { ...READY, state: 'failed', attempts: 1, tokens: null, failure });
        setDue(db, 'wake', '', 1);
        await agent.alarm();
        expect(readCell(db, 'wake')?.generation).toBe(generation);
      });
    }
  });
});

describe('putting a suspended agent to sleep', () => {
  function world(db: AgentDb, changed: Partial<WakeState> = {}) {
    const openclaw = new FakeOpenClaw();
    const applied: WakeEvent[] = [];
    let isSuspended = true;
    const wake = { ...READY, ...changed };
    const deps = {
      db,
      sandbox: {
        wake,
        apply: (event: WakeEvent) => {
          applied.push(event);
          return wake;
        },
      },
      openGateway: async () => ({ socket: openclaw.connect(), token: 't', generation: 3 }),
      isSuspended: () => isSuspended,
      log: () => undefined,
    };
    return {
      openclaw,
      applied,
      deps,
      resume: () => {
        isSuspended = false;
      },
    };
  }
  /** A turn of a generation that was on when the tenant was suspended. */
  function ended(db: AgentDb, generation: number): string {
    const {
      sessionId,
      turns: [turn],
    } = addTurns(db, 1);
    if (!turn) throw new Error('no turn');
    markRunning(db, turn, generation, NOW);
    endTurn(db, turn, { type: 'error', code: 'x', message: 'x', retryable: true, text: '' }, NOW);
    return sessionId;
  }

  it('stops the runs of its generation, then drains without force', () =>
    freshAgent().inside(async ({ db }) => {
      const [, current] = [ended(db, 2), ended(db, 3)];
      const { openclaw, applied, deps } = world(db);
      await putToSleep(deps);
      const aborts = openclaw.asked.filter(({ method }) => method === 'chat.abort');
      expect(aborts.map(({ params }) => params)).toEqual([{ sessionKey: sessionKeyOf(current) }]);
      expect(applied).toEqual([{ type: 'drain', force: false }]);
    }));

  it('drains all the same when OpenClaw can’t be told', () =>
    freshAgent().inside(async ({ db }) => {
      ended(db, 3);
      const { applied, deps } = world(db);
      await putToSleep({ ...deps, openGateway: () => Promise.reject(new Error('gone')) });
      expect(applied).toEqual([{ type: 'drain', force: false }]);
    }));

  it('leaves one that is starting alone, and one whose tenant came back meanwhile', () =>
    freshAgent().inside(async ({ db }) => {
      const starting = world(db, { state: 'booting' });
      await putToSleep(starting.deps);
      expect(starting.applied).toEqual([]);
      const back = world(db);
      back.resume();
      await putToSleep(back.deps);
      expect(back.applied).toEqual([]);
    }));
});
