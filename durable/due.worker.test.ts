import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attempts } from '../db/agent/schema.ts';
import { freshAgent, newTenant, NOW } from './doubles/fresh-agent.ts';
import {
  allDue,
  backOff,
  clearDue,
  dueSteps,
  finishStep,
  isArmed,
  MAX_STEPS_PER_ALARM,
  nextDueAt,
  noteArmed,
  setDue,
  setDueBy,
  STEP_BACKOFF_MS,
  takeStep,
  type DueStep,
} from './due.ts';
import { runDue, type DueWork } from './run-due.ts';
import { openDb, type AgentDb } from './storage.ts';

const onlyStep = (db: AgentDb): DueStep => allDue(db)[0] as DueStep;

describe('due steps', () => {
  it('come oldest first when their time has come, a bounded number at once', () =>
    freshAgent().inside(({ db }) => {
      for (let i = 0; i < MAX_STEPS_PER_ALARM + 5; i += 1) setDue(db, 'turn', `t${i}`, NOW - i);
      setDue(db, 'turn', 'later', NOW + 1);
      const steps = dueSteps(db, NOW);
      expect(steps).toHaveLength(MAX_STEPS_PER_ALARM);
      expect(steps[0]?.key).toBe(`t${MAX_STEPS_PER_ALARM + 4}`);
      expect(nextDueAt(db)).toBe(NOW - MAX_STEPS_PER_ALARM - 4);
    }));

  it('are one for each kind and key; writing it again moves it and forgets its failures', () =>
    freshAgent().inside(({ db }) => {
      setDue(db, 'flush', '', NOW);
      backOff(db, onlyStep(db), NOW);
      expect(onlyStep(db)).toMatchObject({ attempts: 1, at: NOW + STEP_BACKOFF_MS });
      setDue(db, 'flush', '', NOW + 5);
      expect(allDue(db)).toEqual([{ kind: 'flush', key: '', at: NOW + 5, attempts: 0 }]);
    }));

  it('can be brought forward and never put off by another who needs them', () =>
    freshAgent().inside(({ db }) => {
      setDueBy(db, 'flush', '', NOW);
      setDueBy(db, 'flush', '', NOW + 10);
      expect(onlyStep(db).at).toBe(NOW);
      setDueBy(db, 'flush', '', NOW - 10);
      expect(onlyStep(db).at).toBe(NOW - 10);
    }));

  it('are gone when nothing needs them, and the alarm with them', () =>
    freshAgent().inside(({ db }) => {
      setDue(db, 'flush', '', NOW);
      clearDue(db, 'flush', '');
      expect(nextDueAt(db)).toBeNull();
    }));

  it('stay in storage while they run, so that a kill in the middle loses none', () =>
    freshAgent().inside(({ db }) => {
      setDue(db, 'flush', '', NOW);
      const taken = takeStep(db, onlyStep(db), NOW);
      expect(dueSteps(db, NOW)).toEqual([]);
      expect(dueSteps(db, taken.at)).toEqual([taken]);
      finishStep(db, taken);
      expect(allDue(db)).toEqual([]);
    }));

  it('that are written anew while they run stay when they are done or fail', () =>
    freshAgent().inside(({ db }) => {
      setDue(db, 'flush', '', NOW);
      const taken = takeStep(db, onlyStep(db), NOW);
      setDueBy(db, 'flush', '', NOW + 2);
      finishStep(db, taken);
      backOff(db, taken, NOW);
      expect(allDue(db)).toEqual([{ kind: 'flush', key: '', at: NOW + 2, attempts: 0 }]);
    }));
});

/** A row in the outbox. */
function addToOutbox(db: AgentDb): void {
  db.insert(attempts)
    .values({
      id: 'call.1',
      callId: 'call',
      attempt: 1,
      state: 'final',
      source: 'agent',
      platform: 'p',
      tier: 'free',
      workload: 'chat',
      model: 'm',
      policyVersion: 1,
      reservedTokens: 0,
      reservedNano: 0,
      createdAt: NOW,
      settledAt: NOW,
    })
    .run();
}

describe('the agent’s alarm', () => {
  // Without its table D1 takes no flush.
  beforeEach(async () => {
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    await env.DB.exec('ALTER TABLE usage RENAME TO hidden_usage');
  });
  afterEach(async () => {
    await env.DB.exec('ALTER TABLE hidden_usage RENAME TO usage');
  });

  it('backs a failing step off alone, runs the others, and rings again for it', async () => {
    const { stub, inside } = await newTenant();
    await inside(({ db }) => {
      clearDue(db, 'report', '');
      addToOutbox(db);
      setDue(db, 'flush', '', 1);
      setDue(db, 'idle', '', 2);
      setDue(db, 'sweep', '', 3);
    });
    const before = Date.now();
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await inside(async ({ db, state }) => {
      const [flush, ...others] = allDue(db);
      expect(others).toEqual([]);
      expect(flush).toMatchObject({ kind: 'flush', attempts: 1 });
      expect(flush?.at).toBeGreaterThanOrEqual(before + STEP_BACKOFF_MS);
      expect(await state.storage.getAlarm()).toBe(flush?.at);
    });
  });

  it('backs off further with each failure', async () => {
    const { inside } = await newTenant();
    await inside(async ({ db, agent }) => {
      clearDue(db, 'report', '');
      addToOutbox(db);
      setDue(db, 'flush', '', 1);
      await agent.alarm();
      backOff(db, onlyStep(db), 1);
      await agent.alarm();
      expect(onlyStep(db)).toMatchObject({ kind: 'flush', attempts: 3 });
    });
  });

  it('runs its steps side by side: one that is slow holds up no other', () =>
    freshAgent().inside(async ({ db }) => {
      const { promise: slow, resolve: end } = Promise.withResolvers<void>();
      const ran: string[] = [];
      const work: Pick<DueWork, 'flush' | 'schedule'> = {
        flush: () => slow,
        schedule: (id) => void ran.push(id),
      };
      setDue(db, 'flush', '', 1);
      setDue(db, 'schedule', 'nightly', 2);
      const running = runDue(work as DueWork, { db, now: () => NOW, log: () => undefined });
      expect(ran).toEqual(['nightly']);
      end();
      await running;
      expect(allDue(db)).toEqual([]);
    }));

  it('does not forget a step that it is in the middle of', async () => {
    const { inside } = await newTenant();
    await inside(async ({ db, agent }) => {
      clearDue(db, 'report', '');
      addToOutbox(db);
      setDue(db, 'flush', '', 1);
      const ringing = agent.alarm();
      expect(allDue(db).map(({ kind }) => kind)).toEqual(['flush']);
      await ringing;
    });
  });

  it('that rang with nothing due is set again for a later step', async () => {
    const { stub, inside } = await newTenant();
    const later = Date.now() + 3_600_000;
    await inside(async ({ db, agent }) => {
      clearDue(db, 'report', '');
      setDue(db, 'sweep', '', later);
      await agent.alarm();
      expect(isArmed(db)).toBe(true);
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await inside(async ({ state }) => expect(await state.storage.getAlarm()).toBe(later));
  });

  it('is known to be set until a step is written, moved or removed by anybody', () =>
    freshAgent().inside(({ db, state }) => {
      const other = openDb(state.storage);
      setDue(db, 'flush', '', NOW);
      const step = onlyStep(db);
      const changes: (() => void)[] = [
        () => setDue(other, 'sweep', '', NOW),
        () => setDueBy(other, 'sweep', '', NOW - 1),
        () => clearDue(other, 'sweep', ''),
        () => void takeStep(other, step, NOW),
        () => backOff(other, onlyStep(db), NOW),
        () => finishStep(other, onlyStep(db)),
      ];
      for (const change of changes) {
        noteArmed(db);
        change();
        expect(isArmed(db)).toBe(false);
      }
      noteArmed(db);
      setDue(db, 'flush', '', NOW);
      noteArmed(db);
      // One that is due earlier already is not written.
      setDueBy(other, 'flush', '', NOW + 1);
      expect(isArmed(db)).toBe(true);
    }));

  it('is set to the next step whenever one is written, and is off without any', async () => {
    const { inside } = await newTenant();
    await inside(async ({ db, agent, state }) => {
      clearDue(db, 'report', '');
      setDue(db, 'sweep', '', NOW * 2);
      await agent.alarm();
      expect(await state.storage.getAlarm()).toBe(NOW * 2);
      clearDue(db, 'sweep', '');
      await agent.alarm();
      expect(await state.storage.getAlarm()).toBeNull();
    });
  });
});
