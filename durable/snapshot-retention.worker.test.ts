import { env } from 'cloudflare:workers';
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { snapshots } from '../db/agent/schema.ts';
import type { SnapshotState } from '../contract/snapshots.ts';
import { writeCell } from './cells.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { setHead, snapshotPrefix } from './snapshot-index.ts';
import { needsRetention, ORPHAN_AGE_MS, retain, type RetentionDeps } from './snapshot-retention.ts';
import type { AgentDb } from './storage.ts';

const DAY_MS = 24 * 3_600_000;

/** A tenant's own index and its part of the real bucket. */
function world(db: AgentDb, changed: Partial<RetentionDeps> = {}) {
  const tenantId = crypto.randomUUID();
  const deps: RetentionDeps = { db, bucket: env.SNAPSHOTS, tenantId, now: NOW, ...changed };
  const keyOf = (name: string): string => `${snapshotPrefix(tenantId)}${name}.tar.zst`;
  const put = (id: string) => env.SNAPSHOTS.put(keyOf(id), 'packed');
  const add = async (ageMs: number, state: SnapshotState, hasObject = true): Promise<string> => {
    const createdAt = NOW - ageMs;
    const id = ulid(createdAt);
    const row = { id, kind: 'sleep', state, generation: 1, ticketExpiresAt: 0, createdAt } as const;
    db.insert(snapshots).values(row).run();
    if (hasObject) await put(id);
    return id;
  };
  const objects = async (): Promise<string[]> => {
    const { objects } = await env.SNAPSHOTS.list({ prefix: `tenants/${tenantId}/` });
    return objects.map(({ key }) => key);
  };
  const keys = (...ids: string[]): string[] => ids.map(keyOf).toSorted();
  const rows = (): string[] =>
    db
      .select()
      .from(snapshots)
      .all()
      .map(({ id }) => id);
  return { deps, put, add, objects, keys, rows };
}

describe('retention', () => {
  it('removes what is not kept from the store and then from the index, but never the head', () =>
    freshAgent().inside(async ({ db }) => {
      const { deps, add, objects, keys, rows } = world(db);
      const head = await add(80 * DAY_MS, 'stored');
      const wished = await add(70 * DAY_MS, 'stored');
      await add(90 * DAY_MS, 'stored');
      await add(8 * DAY_MS, 'damaged');
      const young = await add(1_000, 'stored');
      setHead(db, head);
      writeCell(db, 'restoreWish', wished);
      expect(await retain(deps, '')).toBeNull();
      expect(rows().toSorted()).toEqual([head, wished, young].toSorted());
      expect(await objects()).toEqual(keys(head, wished, young));
    }));

  it('goes on where it was killed: what is condemned goes at the next run', () =>
    freshAgent().inside(async ({ db }) => {
      const { deps, add, objects, rows } = world(db);
      await add(90 * DAY_MS, 'stored');
      setHead(db, await add(0, 'stored'));
      const bucket = {
        list: () => env.SNAPSHOTS.list(),
        delete: () => Promise.reject(new Error('R2 is down')),
      };
      await expect(retain({ ...deps, bucket }, '')).rejects.toThrow('R2 is down');
      const states = db
        .select()
        .from(snapshots)
        .all()
        .map(({ state }) => state);
      expect(states.toSorted()).toEqual(['deleting', 'stored']);
      await retain(deps, '');
      expect(rows()).toHaveLength(1);
      expect(await objects()).toHaveLength(1);
    }));

  it('removes objects without a row, and only when their ticket is over an hour old', () =>
    freshAgent().inside(async ({ db }) => {
      const { deps, put, add, objects, keys } = world(db);
      const old = ulid(NOW - ORPHAN_AGE_MS - 1);
      const underWay = ulid(NOW - ORPHAN_AGE_MS);
      await put(old);
      await put(underWay);
      await put('of-somebody-else');
      const stored = await add(2 * ORPHAN_AGE_MS, 'stored');
      await add(2 * ORPHAN_AGE_MS, 'failed');
      await add(2 * ORPHAN_AGE_MS, 'ticketed');
      const justFailed = await add(1_000, 'failed');
      await retain(deps, '');
      expect((await objects()).toSorted()).toEqual(
        keys(underWay, 'of-somebody-else', stored, justFailed),
      );
    }));

  it('drops rows of tickets that came to nothing when they are over an hour old', () =>
    freshAgent().inside(async ({ db }) => {
      const { deps, add, rows } = world(db);
      const young = [await add(1_000, 'failed', false), await add(1_000, 'ticketed', false)];
      await add(ORPHAN_AGE_MS + 1, 'failed', false);
      await add(ORPHAN_AGE_MS + 1, 'ticketed', false);
      await retain(deps, '');
      expect(rows().toSorted()).toEqual(young.toSorted());
    }));

  it('looks at objects a page at a time, and says where to go on', () =>
    freshAgent().inside(async ({ db }) => {
      const { deps, put, objects } = world(db);
      for (let age = 2; age < 7; age += 1) await put(ulid(NOW - age * ORPHAN_AGE_MS));
      const bucket = {
        list: (options?: R2ListOptions) => env.SNAPSHOTS.list({ ...options, limit: 2 }),
        delete: (keys: string | string[]) => env.SNAPSHOTS.delete(keys),
      };
      let after: string | null = '';
      let pages = 0;
      for (; after !== null; pages += 1) after = await retain({ ...deps, bucket }, after);
      expect(pages).toBe(3);
      expect(await objects()).toEqual([]);
    }));

  it('never touches another tenant’s objects', () =>
    freshAgent().inside(async ({ db }) => {
      const [mine, other] = [world(db), world(db)];
      await other.put(ulid(NOW - 90 * DAY_MS));
      await retain(mine.deps, '');
      expect(await other.objects()).toHaveLength(1);
    }));

  it('is not needed again while there is nothing but the head', () =>
    freshAgent().inside(async ({ db }) => {
      const { add } = world(db);
      expect(needsRetention(db)).toBe(false);
      setHead(db, await add(0, 'stored'));
      expect(needsRetention(db)).toBe(false);
      await add(0, 'failed');
      expect(needsRetention(db)).toBe(true);
    }));
});
