import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { PING } from '../contract/frames.ts';
import { MAX_WATCHERS } from '../contract/live.ts';
import { due } from '../db/agent/schema.ts';
import { writeCell } from './cells.ts';
import { OPERATOR_SOCKET_MS } from './credentials.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { codeOf, freshAgent, newTenant, NOW, type FreshAgent } from './doubles/fresh-agent.ts';
import { join, OPERATOR } from './doubles/join.ts';
import { Watcher } from './doubles/watcher.ts';
import { note } from './timeline.ts';
import { INITIAL_WAKE } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

/** A tenant whose agent is watched; its first frame has come. */
async function watched(changed: Parameters<typeof newTenant>[0] = {}) {
  const tenant = await newTenant(changed);
  const watcher = await Watcher.open(tenant.rpc, OPERATOR);
  const first = await watcher.next('live');
  return { tenant, watcher, first };
}
/** A new version of its record is what happens here: an entry that is no change of state. */
const happens = ({ rpc, record }: FreshAgent, version: number): Promise<unknown> =>
  rpc.apply({ ...record, version });

describe('a watcher', () => {
  it('sees the agent as an inspection does, before anything else', async () => {
    const { tenant, first } = await watched();
    const seen = await tenant.rpc.inspect();
    const { due: _, ...before } = seen;
    expect(first.inspection).toMatchObject(before);
    expect(first.seq).toBe((await tenant.rpc.timeline({ limit: 1 })).lastSeq);
  });

  it('is nobody’s connection, and neither wakes the agent nor keeps it awake', async () => {
    const { tenant, first } = await watched();
    expect(first.inspection.connections).toBe(0);
    const after = await tenant.rpc.inspect();
    expect(after).toMatchObject({ connections: 0, agent: { state: 'asleep' }, lastIdleAt: null });
    expect(after.due.map(({ kind }) => kind)).not.toContain('idle');
    const member = await ChatClient.open(tenant.rpc, await join(tenant));
    expect((await member.next('hello')).member.name).toBe('Ann');
    expect((await tenant.rpc.inspect()).connections).toBe(1);
  });

  it('is told of what happens, with its number, and shown the agent anew', async () => {
    const { tenant, watcher, first } = await watched();
    await happens(tenant, 2);
    expect((await watcher.next('timeline')).entries).toEqual([
      expect.objectContaining({
        seq: first.seq + 1,
        data: { type: 'settings', version: 2 },
      }),
    ]);
  });

  it('is told of all that one commit holds in one frame', async () => {
    const { tenant, watcher } = await watched();
    await tenant.inside(({ db }) => {
      note(db, { type: 'settings', version: 7 }, NOW);
      note(db, { type: 'settings', version: 8 }, NOW);
    });
    expect((await watcher.next('timeline')).entries).toHaveLength(2);
  });

  it('is shown a new state at once, and all else once a second at most', async () => {
    const { tenant, watcher } = await watched();
    await tenant.inside(async ({ db }) => {
      for (let version = 2; version < 12; version += 1) {
        note(db, { type: 'settings', version }, NOW);
        // Each is told of by itself.
        await Promise.resolve();
        await Promise.resolve();
      }
    });
    await tenant.rpc.wake();
    const shown = await watcher.next('live');
    expect(shown.inspection.agent.generation).toBe(1);
    const meanwhile = watcher.frames.slice(1, watcher.frames.indexOf(shown));
    expect(meanwhile.map(({ t }) => t)).toEqual(Array.from({ length: 11 }, () => 'timeline'));
  });

  it('hears the next transition after an eviction, and keeps nothing from hibernating', async () => {
    const { tenant, watcher, first } = await watched();
    await evictDurableObject(tenant.stub);
    await tenant.rpc.wake();
    const { entries } = await watcher.next('timeline');
    expect(entries[0]).toMatchObject({ seq: first.seq + 1, data: { type: 'start' } });
    const { inspection } = await watcher.next('live');
    expect(inspection.constructedAt).toBeGreaterThan(first.inspection.constructedAt);
    expect(inspection.agent.generation).toBe(1);
  });

  it('is not told to members, nor they to it', async () => {
    const { tenant, watcher } = await watched();
    const member = await ChatClient.open(tenant.rpc, await join(tenant));
    await member.next('hello');
    await tenant.rpc.createSession(OPERATOR, { title: 'Secret plans' });
    await happens(tenant, 2);
    await watcher.next('timeline');
    await member.next('session');
    expect(JSON.stringify(watcher.frames)).not.toContain('Secret plans');
    expect(member.frames.filter((frame) => 't' in frame)).toEqual([]);
  });

  it('may say nothing but ping, which is answered without the agent', async () => {
    const { watcher } = await watched();
    watcher.send('{"type":"send"}');
    expect((await watcher.closed).code).toBe(1008);
    const { watcher: other } = await watched();
    other.send(`${PING} `);
    expect((await other.closed).code).toBe(1008);
  });

  it('is closed after an hour and may come back, also when the agent hibernated', async () => {
    const { tenant, watcher } = await watched();
    const { expire } = Object.fromEntries(
      (await tenant.rpc.inspect()).due.map(({ kind, at }) => [kind, at]),
    );
    expect(expire).toBeGreaterThan(Date.now() + OPERATOR_SOCKET_MS - 60_000);
    await tenant.inside(({ db, state }) => {
      for (const socket of state.getWebSockets('live')) {
        socket.serializeAttachment({ caller: OPERATOR, expiresAt: 1 });
      }
      db.update(due).set({ at: 1 }).where(eq(due.kind, 'expire')).run();
    });
    await evictDurableObject(tenant.stub);
    await runDurableObjectAlarm(tenant.stub);
    expect((await watcher.closed).code).toBe(4408);
    await (await Watcher.open(tenant.rpc, OPERATOR)).next('live');
  });

  it('is one of a few: the next one is refused, and gets in when another leaves', async () => {
    const { tenant, watcher } = await watched();
    for (let i = 1; i < MAX_WATCHERS; i += 1) await Watcher.open(tenant.rpc, OPERATOR);
    expect(await codeOf(() => Watcher.open(tenant.rpc, OPERATOR))).toBe('limit_reached');
    watcher.close();
    await watcher.closed;
    await expect.poll(() => codeOf(() => Watcher.open(tenant.rpc, OPERATOR))).toBeNull();
  });

  it('goes on watching a tenant that is suspended, and is gone with the agent', async () => {
    const { tenant, watcher } = await watched();
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    expect((await watcher.next('timeline')).entries[0]?.data.type).toBe('settings');
    await tenant.inside(({ db }) => writeCell(db, 'wake', INITIAL_WAKE));
    await tenant.rpc.apply({ ...tenant.record, status: 'deleting', version: 3 });
    await watcher.next('timeline');
    await tenant.rpc.drop();
    expect((await watcher.closed).code).toBe(4410);
  });

  it('of no tenant is refused', async () => {
    const nobody = freshAgent();
    expect(await codeOf(() => Watcher.open(nobody.rpc, OPERATOR))).toBe('tenant_not_found');
  });
});
