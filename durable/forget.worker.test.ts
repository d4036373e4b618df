import { describe, expect, it } from 'vitest';
import { forgotten } from '../db/agent/schema.ts';
import { FakeOpenClaw } from './doubles/fake-openclaw.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import { forgetSessions } from './forget.ts';
import { createSession, deleteSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { sessionKeyOf } from './turns.ts';

function deleted(db: AgentDb): string {
  const { id } = createSession(db, { title: 'Secret', maxSessions: 5, now: NOW });
  deleteSession(db, id, NOW);
  return id;
}

const depsOf = (db: AgentDb, openclaw: FakeOpenClaw) => ({
  db,
  openGateway: async () => ({ socket: openclaw.connect(), token: 'token' }),
});

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
});
