import { decodeTime, ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { forgotten, snapshots } from '../db/agent/schema.ts';
import { FakeOpenClaw } from './doubles/fake-openclaw.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { forgetSessions, type ForgetDeps } from './forget.ts';
import { createSession, deleteSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { sessionKeyOf } from './turns.ts';

const MINUTE = 60_000;

function deleted(db: AgentDb): string {
  const { id } = createSession(db, { title: 'Secret', maxSessions: 5, now: NOW });
  deleteSession(db, id, NOW);
  return id;
}

const depsOf = (
  db: AgentDb,
  openclaw: FakeOpenClaw,
  life: Partial<ForgetDeps> = {},
): ForgetDeps => ({
  db,
  generation: 1,
  restored: null,
  now: () => NOW,
  openGateway: async () => ({ socket: openclaw.connect(), token: 'token' }),
  ...life,
});

/** A snapshot of this moment, as the index has it. */
function snapshotAt(db: AgentDb, at: number): string {
  const id = ulid(at);
  const row = { id, kind: 'manual', state: 'stored', generation: 1, createdAt: at } as const;
  db.insert(snapshots)
    .values({ ...row, ticketExpiresAt: at })
    .run();
  return id;
}

describe('a session that was deleted', () => {
  it('is deleted in OpenClaw too, once, over a link that may delete', () =>
    freshAgent().inside(async ({ db }) => {
      const openclaw = new FakeOpenClaw();
      const id = deleted(db);
      expect(await forgetSessions(depsOf(db, openclaw))).toBe(1);
      expect(openclaw.asked).toMatchObject([
        { method: 'connect', params: { scopes: expect.arrayContaining(['operator.admin']) } },
        { method: 'sessions.delete', params: { key: sessionKeyOf(id) } },
      ]);
      expect(await forgetSessions(depsOf(db, openclaw))).toBe(0);
      expect(openclaw.asked).toHaveLength(2);
    }));

  it('is kept in mind when OpenClaw refuses, and told again', () =>
    freshAgent().inside(async ({ db }) => {
      const openclaw = new FakeOpenClaw();
      deleted(db);
      openclaw.answers['sessions.delete'] = () => {
        throw new Error('busy');
      };
      await expect(forgetSessions(depsOf(db, openclaw))).rejects.toThrow('busy');
      expect(db.select().from(forgotten).all()).toHaveLength(1);
      delete openclaw.answers['sessions.delete'];
      expect(await forgetSessions(depsOf(db, openclaw))).toBe(1);
    }));

  it('is deleted again when an older snapshot has brought it back, and not by a newer one', () =>
    freshAgent().inside(async ({ db }) => {
      const openclaw = new FakeOpenClaw();
      const before = snapshotAt(db, NOW - MINUTE);
      deleted(db);
      await forgetSessions(depsOf(db, openclaw));
      const after = snapshotAt(db, NOW + MINUTE);
      const next = { generation: 2, now: () => NOW + 2 * MINUTE };
      const again = (restored: string | null, life = next): Promise<number> =>
        forgetSessions(depsOf(db, openclaw, { ...life, restored }));
      expect(await again(after)).toBe(0);
      expect(await again(null)).toBe(0);
      expect(await again(before)).toBe(1);
      expect(await again(before)).toBe(0);
      expect(await again(before, { ...next, generation: 3 })).toBe(1);
    }));

  it('that came back is remembered until it is told, whatever is saved meanwhile', () =>
    freshAgent().inside(async ({ db }) => {
      const openclaw = new FakeOpenClaw();
      const before = snapshotAt(db, NOW - MINUTE);
      deleted(db);
      await forgetSessions(depsOf(db, openclaw));
      openclaw.answers['sessions.delete'] = () => {
        throw new Error('busy');
      };
      const second = depsOf(db, openclaw, { generation: 2, restored: before });
      await expect(forgetSessions(second)).rejects.toThrow('busy');
      delete openclaw.answers['sessions.delete'];
      const saved = snapshotAt(db, NOW + MINUTE);
      const third = depsOf(db, openclaw, { generation: 3, restored: saved });
      expect(await forgetSessions(third)).toBe(1);
    }));

  it('is out of mind once no snapshot is left that has it', () =>
    freshAgent().inside(async ({ db }) => {
      const openclaw = new FakeOpenClaw();
      deleted(db);
      await forgetSessions(depsOf(db, openclaw));
      const oldest = snapshotAt(db, NOW + MINUTE);
      const second = deleted(db);
      await forgetSessions(depsOf(db, openclaw, { now: () => decodeTime(oldest) + MINUTE }));
      expect(db.select().from(forgotten).all()).toMatchObject([{ sessionId: second }]);
    }));
});
