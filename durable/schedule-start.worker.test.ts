import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { KEPT_RUNS } from '../contract/schedules.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { scheduleRuns, schedules } from '../db/agent/schema.ts';
import { codeOf, freshAgent } from './doubles/fresh-agent.ts';
import { contextOf, FIRST_HOUR, HOURLY, makeSchedule, MINUTE } from './doubles/schedule.ts';
import { allDue, finishStep, setDue, takeStep, type DueStep } from './due.ts';
import { runScheduleStep, startRun } from './schedule-start.ts';
import { createSchedule, getSchedule, listRuns, readSchedule } from './schedules.ts';
import { createSession, deleteSession, listSessions, readEvents } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { endTurn, getTurn, markRunning, openTurns, queueTurn, type Turn } from './turns.ts';
import { FIRST_WAKE_ESTIMATE_MS } from './wake.ts';

const HOUR_MS = 3_600_000;
const runsOf = (db: AgentDb, id: string) => listRuns(db, id, KEPT_RUNS);
const stepOf = (db: AgentDb, kind: DueStep['kind']): DueStep | undefined =>
  allDue(db).find((step) => step.kind === kind);

/** Ends a turn with an answer. */
function answer(db: AgentDb, turn: Turn, now: number): void {
  endTurn(db, turn, { type: 'final', text: 'All is well.', ms: 1 }, now);
}

/** Runs a schedule's step, which must queue a turn. */
function queuedBy(db: AgentDb, id: string, now: number): Turn {
  const queued = runScheduleStep(contextOf(db, now), id);
  if (!queued) throw new Error('no turn was queued');
  return queued.turn;
}

describe('a schedule whose time has come', () => {
  it('queues its prompt as a turn of workload monitor in a session named like it', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const queued = runScheduleStep(contextOf(db, FIRST_HOUR + 20), id);
      const [session] = listSessions(db);
      expect(session?.title).toBe('Report');
      expect(queued?.turn).toMatchObject({
        sessionId: session?.id,
        workload: 'monitor',
        text: HOURLY.prompt,
        by: 'Report',
        state: 'queued',
      });
      expect(queued?.added.map(({ data }) => data.type)).toEqual(['user']);
      expect(readSchedule(db, id)).toMatchObject({
        sessionId: session?.id,
        nextAt: FIRST_HOUR + HOUR_MS,
        lastRun: { state: 'queued', trigger: 'time', dueAt: FIRST_HOUR, turnId: queued?.turn.id },
      });
      const nextAt = FIRST_HOUR + HOUR_MS;
      expect(stepOf(db, 'schedule')?.at).toBe(nextAt);
      expect(stepOf(db, 'prewake')?.at).toBe(nextAt - FIRST_WAKE_ESTIMATE_MS);
    }));

  it('writes to the same session each time, and to a new one when that was deleted', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const first = queuedBy(db, id, FIRST_HOUR);
      answer(db, first, FIRST_HOUR + 1);
      const second = queuedBy(db, id, FIRST_HOUR + HOUR_MS);
      expect(second.sessionId).toBe(first.sessionId);
      answer(db, second, FIRST_HOUR + HOUR_MS + 1);
      deleteSession(db, second.sessionId, FIRST_HOUR + HOUR_MS + 2);
      const third = queuedBy(db, id, FIRST_HOUR + 2 * HOUR_MS);
      expect(listSessions(db).map((session) => session.id)).toEqual([third.sessionId]);
    }));

  it('happens once, though its step dies between commits and runs again', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      setDue(db, 'schedule', id, FIRST_HOUR);
      const before = stepOf(db, 'schedule') as DueStep;
      takeStep(db, before, FIRST_HOUR);
      const turn = queuedBy(db, id, FIRST_HOUR);
      answer(db, turn, FIRST_HOUR + 1);
      // As if the schedule's row were from before, and the lease had run out.
      db.update(schedules).set({ nextAt: FIRST_HOUR }).where(eq(schedules.id, id)).run();
      expect(runScheduleStep(contextOf(db, FIRST_HOUR + 60_000), id)).toBeNull();
      expect(runsOf(db, id)).toHaveLength(1);
      expect(readEvents(db, { sessionId: turn.sessionId, after: 0, limit: 9 })).toHaveLength(2);
      expect(readSchedule(db, id).nextAt).toBe(FIRST_HOUR + HOUR_MS);
    }));

  it('has its next step left when this one is finished, also a minute on', () =>
    freshAgent().inside(({ db }) => {
      const enterprise = { db, limits: TIER_CONFIG.enterprise.limits, now: MINUTE };
      const { id } = createSchedule(enterprise, 'Ann', { ...HOURLY, cron: '* * * * *' });
      const at = MINUTE + 60_000;
      const taken = takeStep(db, stepOf(db, 'schedule') as DueStep, at);
      runScheduleStep(contextOf(db, at, { tier: 'enterprise' }), id);
      finishStep(db, taken);
      expect(stepOf(db, 'schedule')?.at).toBe(at + 60_000);
    }));

  it('that was moved meanwhile is only put off', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      expect(runScheduleStep(contextOf(db, FIRST_HOUR - 1), id)).toBeNull();
      expect(stepOf(db, 'schedule')?.at).toBe(FIRST_HOUR);
      expect(runsOf(db, id)).toEqual([]);
    }));

  it('while nothing ran happens once, and then next after now', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const now = FIRST_HOUR + 5 * HOUR_MS + 60_000;
      expect(queuedBy(db, id, now).state).toBe('queued');
      expect(runsOf(db, id).map(({ dueAt }) => dueAt)).toEqual([FIRST_HOUR]);
      expect(readSchedule(db, id).nextAt).toBe(FIRST_HOUR + 6 * HOUR_MS);
    }));

  it('more often than the tier allows any more comes as often as it does', () =>
    freshAgent().inside(({ db }) => {
      const enterprise = { db, limits: TIER_CONFIG.enterprise.limits, now: MINUTE };
      const { id, nextAt } = createSchedule(enterprise, 'Ann', { ...HOURLY, cron: '* * * * *' });
      runScheduleStep(contextOf(db, MINUTE + 60_000), id);
      expect(readSchedule(db, id).nextAt).toBe((nextAt ?? 0) + HOUR_MS);
    }));
});

describe('a time at which nothing can be started is skipped, with the reason,', () => {
  const skipped = (db: AgentDb, id: string) => {
    const [run] = runsOf(db, id);
    expect(run).toMatchObject({ state: 'skipped', turnId: null, startedAt: null });
    return run?.reason;
  };

  it('while the run before is open', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const turn = queuedBy(db, id, FIRST_HOUR);
      markRunning(db, turn, 1, FIRST_HOUR + 5);
      const second = FIRST_HOUR + HOUR_MS;
      expect(runScheduleStep(contextOf(db, second), id)).toBeNull();
      expect(skipped(db, id)).toMatch(/still going on/);
      answer(db, turn, second + 5);
      expect(queuedBy(db, id, second + HOUR_MS).state).toBe('queued');
    }));

  it('where the session’s queue is full', () =>
    freshAgent().inside(({ db }) => {
      const session = createSession(db, { title: 'S', maxSessions: 5, now: MINUTE });
      const { id } = makeSchedule(db, { sessionId: session.id });
      for (let n = 0; n < TIER_CONFIG.free.limits.maxQueuedTurns; n += 1) {
        queueTurn(db, {
          sessionId: session.id,
          clientId: `client-${n}`,
          text: 'x',
          by: 'Ann',
          workload: 'chat',
          maxQueued: 9,
          now: MINUTE,
        });
      }
      expect(runScheduleStep(contextOf(db, FIRST_HOUR), id)).toBeNull();
      expect(skipped(db, id)).toMatch(/messages may wait/);
      expect(readSchedule(db, id).nextAt).toBe(FIRST_HOUR + HOUR_MS);
    }));

  it('while the tenant is suspended', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const suspended = contextOf(db, FIRST_HOUR, { status: 'suspended' });
      expect(runScheduleStep(suspended, id)).toBeNull();
      expect(skipped(db, id)).toMatch(/suspended/);
      expect(openTurns(db)).toEqual([]);
      expect(listSessions(db)).toEqual([]);
    }));

  it('where no session may be made', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const { maxSessions } = TIER_CONFIG.free.limits;
      for (let n = 0; n < maxSessions; n += 1) {
        createSession(db, { title: 'S', maxSessions, now: MINUTE });
      }
      expect(runScheduleStep(contextOf(db, FIRST_HOUR), id)).toBeNull();
      expect(skipped(db, id)).toMatch(/at most 20 sessions/);
    }));

  it('where the tier no longer takes a prompt as long', () =>
    freshAgent().inside(({ db }) => {
      const prompt = 'x'.repeat(TIER_CONFIG.free.limits.maxMessageChars + 1);
      const premium = { db, limits: TIER_CONFIG.premium.limits, now: MINUTE };
      const { id } = createSchedule(premium, 'Ann', { ...HOURLY, prompt });
      expect(runScheduleStep(contextOf(db, FIRST_HOUR), id)).toBeNull();
      expect(skipped(db, id)).toMatch(/8000 characters/);
    }));
});

describe('a run', () => {
  /** A run of the hourly schedule, with its turn. */
  function begin(db: AgentDb): { id: string; turn: Turn } {
    const { id } = makeSchedule(db);
    return { id, turn: queuedBy(db, id, FIRST_HOUR) };
  }

  it('follows its turn to the answer', () =>
    freshAgent().inside(({ db }) => {
      const { id, turn } = begin(db);
      markRunning(db, turn, 1, FIRST_HOUR + 400);
      expect(runsOf(db, id)).toMatchObject([{ state: 'running', startedAt: FIRST_HOUR + 400 }]);
      // Sent again in another generation: it started when it started.
      markRunning(db, getTurn(db, turn.id) as Turn, 2, FIRST_HOUR + 900);
      answer(db, turn, FIRST_HOUR + 2_000);
      expect(runsOf(db, id)).toMatchObject([
        { state: 'done', reason: null, startedAt: FIRST_HOUR + 400, endedAt: FIRST_HOUR + 2_000 },
      ]);
    }));

  it('says who stopped it, or why it failed', () =>
    freshAgent().inside(({ db }) => {
      const { id, turn } = begin(db);
      endTurn(db, turn, { type: 'aborted', text: '', by: 'Ann' }, FIRST_HOUR + 1);
      expect(runsOf(db, id)[0]).toMatchObject({ state: 'aborted', reason: 'Stopped by Ann.' });
      const second = queuedBy(db, id, FIRST_HOUR + HOUR_MS);
      const message = 'The model did not answer.';
      const failed = { type: 'error', code: 'turn_failed', message, retryable: true, text: '' };
      endTurn(db, second, failed as never, FIRST_HOUR + HOUR_MS + 1);
      expect(runsOf(db, id)[0]).toMatchObject({ state: 'error', reason: message });
    }));

  it('outlives its session, and ends with it when it is open', () =>
    freshAgent().inside(({ db }) => {
      const { id, turn } = begin(db);
      markRunning(db, turn, 1, FIRST_HOUR + 1);
      deleteSession(db, turn.sessionId, FIRST_HOUR + 2);
      expect(runsOf(db, id)).toMatchObject([
        { state: 'aborted', reason: 'Its session was deleted.', endedAt: FIRST_HOUR + 2 },
      ]);
      expect(queuedBy(db, id, FIRST_HOUR + HOUR_MS).state).toBe('queued');
    }));

  it('is kept while it is among the newest of its schedule, or open', () =>
    freshAgent().inside(({ db }) => {
      const { id, turn } = begin(db);
      for (let n = 1; n <= KEPT_RUNS; n += 1) {
        runScheduleStep(contextOf(db, FIRST_HOUR + n * HOUR_MS), id);
      }
      const rows = () => db.select().from(scheduleRuns).all();
      expect(rows()).toHaveLength(KEPT_RUNS + 1);
      answer(db, turn, FIRST_HOUR + KEPT_RUNS * HOUR_MS + 1);
      runScheduleStep(contextOf(db, FIRST_HOUR + (KEPT_RUNS + 1) * HOUR_MS), id);
      expect(rows()).toHaveLength(KEPT_RUNS);
      expect(rows().map(({ turnId }) => turnId)).not.toContain(turn.id);
    }));
});

describe('a run by hand', () => {
  const start = (db: AgentDb, id: string, now: number) =>
    startRun(contextOf(db, now), getSchedule(db, id), { trigger: 'manual', dueAt: now });

  it('starts at once, on or off, and changes nothing about the next time', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db, { enabled: false });
      const { run, queued } = start(db, id, MINUTE + 7);
      expect(run).toMatchObject({ trigger: 'manual', dueAt: MINUTE + 7, state: 'queued' });
      expect(queued?.turn.workload).toBe('monitor');
      expect(readSchedule(db, id).nextAt).toBeNull();
    }));

  it('is refused while another is open, and stores nothing', () =>
    freshAgent().inside(async ({ db }) => {
      const { id } = makeSchedule(db);
      start(db, id, MINUTE + 7);
      expect(await codeOf(async () => start(db, id, MINUTE + 8))).toBe('conflict');
      expect(runsOf(db, id)).toHaveLength(1);
    }));
});
