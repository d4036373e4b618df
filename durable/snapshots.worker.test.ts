import { describe, expect, it } from 'vitest';
import { cells, snapshots } from '../db/agent/schema.ts';
import { dirtySince, noteDirty } from './activity.ts';
import { writeCell } from './cells.ts';
import { freshAgent, newTenant, NOW } from './doubles/fresh-agent.ts';
import { restorePoint, setHead } from './snapshot-index.ts';
import {
  issueTicket,
  markFailed,
  markStored,
  MAX_SNAPSHOT_BYTES,
  redeemTicket,
  TICKET_MS,
} from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { INITIAL_WAKE } from './wake.ts';

const SHA = 'a'.repeat(64);
const GENERATION = 4;
const issue = (db: AgentDb, now = NOW) =>
  issueTicket(db, { kind: 'sleep', generation: GENERATION, now });
const forbidden = expect.objectContaining({ code: 'forbidden' });

describe('a ticket', () => {
  const redeem = (
    db: AgentDb,
    put: { id: string; ticket: string },
    changed: { generation?: number; size?: number; now?: number } = {},
  ) => redeemTicket(db, { ...put, generation: GENERATION, size: 10, now: NOW, ...changed });

  it('is kept as a hash only', () =>
    freshAgent().inside(async ({ db }) => {
      const { ticket } = await issue(db);
      expect(JSON.stringify(db.select().from(snapshots).all())).not.toContain(ticket);
    }));

  it('works once', () =>
    freshAgent().inside(async ({ db }) => {
      const ticket = await issue(db);
      await redeem(db, ticket);
      await expect(redeem(db, ticket)).rejects.toEqual(forbidden);
    }));

  it('works once of two puts at the same moment', () =>
    freshAgent().inside(async ({ db }) => {
      const ticket = await issue(db);
      const puts = await Promise.allSettled([redeem(db, ticket), redeem(db, ticket)]);
      expect(puts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }));

  it('is for its own snapshot, its own generation, a while and a bounded size', () =>
    freshAgent().inside(async ({ db }) => {
      const [mine, other] = [await issue(db), await issue(db)];
      await expect(redeem(db, { ...mine, ticket: other.ticket })).rejects.toEqual(forbidden);
      await expect(redeem(db, { ...mine, id: 'unknown' })).rejects.toEqual(forbidden);
      await expect(redeem(db, { ...mine, ticket: '' })).rejects.toEqual(forbidden);
      await expect(redeem(db, mine, { generation: GENERATION + 1 })).rejects.toEqual(forbidden);
      await expect(redeem(db, mine, { now: NOW + TICKET_MS })).rejects.toEqual(forbidden);
      await expect(redeem(db, mine, { size: MAX_SNAPSHOT_BYTES + 1 })).rejects.toEqual(
        expect.objectContaining({ code: 'payload_too_large' }),
      );
      await redeem(db, mine, { size: MAX_SNAPSHOT_BYTES });
    }));

  it('is worth nothing once its snapshot has failed', () =>
    freshAgent().inside(async ({ db }) => {
      const ticket = await issue(db);
      markFailed(db, ticket.id);
      await expect(redeem(db, ticket)).rejects.toEqual(forbidden);
    }));
});

describe('the newest snapshot', () => {
  it('is the newest that is stored: no ticket and no failure stands in for it', () =>
    freshAgent().inside(async ({ db }) => {
      expect(restorePoint(db)).toBeNull();
      const [stored, failed] = [await issue(db, NOW), await issue(db, NOW + 1)];
      await issue(db, NOW + 2);
      markFailed(db, failed.id);
      markStored(db, { id: stored.id, size: 10, sha256: SHA, now: NOW });
      expect(restorePoint(db)).toEqual({ id: stored.id, size: 10, sha256: SHA });
    }));

  it('can’t be changed by a late word about it', () =>
    freshAgent().inside(async ({ db }) => {
      const { id } = await issue(db);
      markStored(db, { id, size: 10, sha256: SHA, now: NOW });
      markFailed(db, id);
      markStored(db, { id, size: 99, sha256: 'b'.repeat(64), now: NOW });
      expect(restorePoint(db)).toEqual({ id, size: 10, sha256: SHA });
    }));

  it('is not one that had failed before it was said to be stored', () =>
    freshAgent().inside(async ({ db }) => {
      const { id } = await issue(db);
      markFailed(db, id);
      markStored(db, { id, size: 10, sha256: SHA, now: NOW });
      expect(restorePoint(db)).toBeNull();
    }));
});

describe('a container', () => {
  const restore = { id: 'restore-point', size: 1, sha256: SHA };

  it('reads the restore point of its own generation and nothing else', async () => {
    const { inside } = await newTenant();
    await inside(async ({ db, agent }) => {
      writeCell(db, 'wake', { ...INITIAL_WAKE, state: 'restoring', generation: 4, restore });
      await agent.allowRestore({ id: 'restore-point', generation: 4 });
      for (const asked of [
        { id: 'older', generation: 4 },
        { id: 'restore-point', generation: 3 },
        { id: 'restore-point', generation: 5 },
      ]) {
        await expect(agent.allowRestore(asked)).rejects.toEqual(forbidden);
      }
    });
  });

  it('of an earlier generation stores nothing any more, even with its own ticket', async () => {
    const { inside } = await newTenant();
    await inside(async ({ db, agent }) => {
      const ticket = await issue(db);
      writeCell(db, 'wake', { ...INITIAL_WAKE, state: 'booting', generation: 5 });
      const put = { ...ticket, generation: 4, size: 1 };
      await expect(agent.redeemTicket(put)).rejects.toEqual(forbidden);
      await expect(agent.redeemTicket({ ...put, generation: 5 })).rejects.toEqual(forbidden);
    });
  });
});

describe('what an agent has changed', () => {
  const save = (db: AgentDb, id: string): boolean =>
    markStored(db, { id, size: 10, sha256: SHA, now: NOW + 9 });

  it('counts as saved up to the ticket of the snapshot, and no further', () =>
    freshAgent().inside(async ({ db }) => {
      noteDirty(db, NOW);
      const first = await issue(db, NOW + 1);
      noteDirty(db, NOW + 2);
      const second = await issue(db, NOW + 3);
      expect(save(db, first.id)).toBe(true);
      expect(dirtySince(db)).toBe(NOW + 1);
      expect(save(db, second.id)).toBe(true);
      expect(dirtySince(db)).toBeNull();
    }));

  it('is not unsaved again by an older snapshot that is stored late', () =>
    freshAgent().inside(async ({ db }) => {
      noteDirty(db, NOW);
      const [first, second] = [await issue(db, NOW + 1), await issue(db, NOW + 2)];
      save(db, second.id);
      save(db, first.id);
      expect(dirtySince(db)).toBeNull();
      expect(restorePoint(db)?.id).toBe(second.id);
    }));

  it('is read as an earlier release wrote it', async () => {
    const read = (dirty: boolean): Promise<number | null> =>
      freshAgent().inside(({ db }) => {
        const value = { lastActiveAt: NOW, dirty };
        db.insert(cells).values({ key: 'activity', value }).run();
        return dirtySince(db);
      });
    expect([await read(true), await read(false)]).toEqual([NOW, null]);
  });
});

describe('the head', () => {
  it('moves with what is stored, goes back on an operator’s word, and moves on from there', () =>
    freshAgent().inside(async ({ db }) => {
      const [first, second] = [await issue(db, NOW), await issue(db, NOW + 1)];
      for (const { id } of [first, second]) markStored(db, { id, size: 1, sha256: SHA, now: NOW });
      expect(restorePoint(db)?.id).toBe(second.id);
      setHead(db, first.id);
      expect(restorePoint(db)?.id).toBe(first.id);
      const next = { kind: 'sleep', generation: GENERATION + 1, now: NOW + 2 } as const;
      const { id } = await issueTicket(db, next);
      markStored(db, { id, size: 1, sha256: SHA, now: NOW });
      expect(restorePoint(db)?.id).toBe(id);
    }));

  it('that is not in the index is an error, and never an empty agent', () =>
    freshAgent().inside(({ db }) => {
      setHead(db, 'gone');
      expect(() => restorePoint(db)).toThrow('not in the index');
    }));
});
