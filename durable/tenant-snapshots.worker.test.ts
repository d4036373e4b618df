import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { snapshotList } from '../contract/snapshots.ts';
import { noteActive, noteDirty } from './activity.ts';
import { readCell } from './cells.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { allDue, setDue } from './due.ts';
import { snapshotKey } from './snapshot-index.ts';
import { issueTicket, markStored } from './snapshots.ts';

const SHA = 'a'.repeat(64);

/** A tenant with two snapshots in the index and in R2, the older one first. */
async function saved(): Promise<{ tenant: FreshAgent; older: string; newest: string }> {
  const tenant = await newTenant();
  const [older, newest] = await tenant.inside(async ({ db }) => {
    const ids: string[] = [];
    for (const now of [Date.now() - 1_000, Date.now()]) {
      const { id } = await issueTicket(db, { kind: 'sleep', generation: 0, now });
      markStored(db, { id, size: 6, sha256: SHA, now });
      ids.push(id);
    }
    return ids as [string, string];
  });
  for (const id of [older, newest]) {
    await env.SNAPSHOTS.put(snapshotKey(tenant.record.id, id), 'packed');
  }
  return { tenant, older, newest };
}

describe('an agent’s snapshots, as operators ask for them', () => {
  it('are listed the newest first, with the one that the next wake restores from', async () => {
    const { tenant, older, newest } = await saved();
    await evictDurableObject(tenant.stub);
    const { snapshots } = snapshotList.parse({ snapshots: await tenant.rpc.listSnapshots() });
    expect(snapshots.map(({ id, current }) => [id, current])).toEqual([
      [newest, true],
      [older, false],
    ]);
    expect((await tenant.rpc.status()).state).toBe('asleep');
  });

  it('are where the tenant’s own objects are', async () => {
    const { tenant, older } = await saved();
    const { key, sha256 } = await tenant.rpc.locateSnapshot(older);
    expect([await (await env.SNAPSHOTS.get(key))?.text(), sha256]).toEqual(['packed', SHA]);
    const other = await newTenant();
    expect(await codeOf(() => other.rpc.locateSnapshot(older))).toBe('not_found');
    expect(await codeOf(() => other.rpc.deleteSnapshot(older))).toBe('not_found');
    expect(await codeOf(() => other.rpc.restoreSnapshot(older, { force: true }))).toBe('not_found');
  });

  it('go from the store at the next alarm when they are deleted, whatever was killed between', async () => {
    const { tenant, older, newest } = await saved();
    expect(await codeOf(() => tenant.rpc.deleteSnapshot(newest))).toBe('conflict');
    await tenant.rpc.deleteSnapshot(older);
    await evictDurableObject(tenant.stub);
    await runDurableObjectAlarm(tenant.stub);
    expect(await env.SNAPSHOTS.head(snapshotKey(tenant.record.id, older))).toBeNull();
    expect(await env.SNAPSHOTS.head(snapshotKey(tenant.record.id, newest))).not.toBeNull();
    expect(await tenant.rpc.listSnapshots()).toMatchObject([{ id: newest, state: 'stored' }]);
  });

  it('are not made of a sleeping agent', async () => {
    const { tenant } = await saved();
    expect(await codeOf(() => tenant.rpc.createSnapshot())).toBe('conflict');
  });

  it('bring an older state back as a new generation, with the head moved before', async () => {
    const { tenant, older } = await saved();
    const { generation } = await tenant.rpc.restoreSnapshot(older, { force: false });
    expect(generation).toBe(1);
    await tenant.inside(({ db }) => {
      expect(readCell(db, 'head')).toBe(older);
      expect(readCell(db, 'wake')?.restore?.id).toBe(older);
    });
  });

  it('of a suspended tenant are not restored', async () => {
    const { tenant, older } = await saved();
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    expect(await codeOf(() => tenant.rpc.restoreSnapshot(older, { force: true }))).toBe(
      'tenant_suspended',
    );
  });
});

describe('the checkpoint of an agent that is gone', () => {
  it('is looked for once and then forgotten: its sleep has saved it, or it is lost', async () => {
    const tenant = await newTenant();
    await tenant.inside(async ({ db, agent }) => {
      noteDirty(db, 1);
      noteActive(db, 1);
      setDue(db, 'checkpoint', '', 1);
      await agent.alarm();
      expect(allDue(db).map(({ kind }) => kind)).not.toContain('checkpoint');
    });
  });
});
