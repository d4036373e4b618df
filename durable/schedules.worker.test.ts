import { describe, expect, it } from 'vitest';
import { scheduleView } from '../contract/schedules.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { scheduleRuns } from '../db/agent/schema.ts';
import { codeOf, freshAgent } from './doubles/fresh-agent.ts';
import { contextOf, FIRST_HOUR, HOURLY, makeSchedule, MINUTE } from './doubles/schedule.ts';
import { allDue } from './due.ts';
import { runScheduleStep } from './schedule-start.ts';
import {
  createSchedule,
  deleteSchedule,
  listRuns,
  listSchedules,
  readSchedule,
  updateSchedule,
} from './schedules.ts';
import { createSession } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { FIRST_WAKE_ESTIMATE_MS } from './wake.ts';

const free = (db: AgentDb, now = MINUTE) => ({ db, now, limits: TIER_CONFIG.free.limits });
const dueOf = (db: AgentDb) => allDue(db).map(({ kind, at }) => ({ kind, at }));
const refusedAs = (run: () => unknown) => codeOf(async () => run());

describe('a new schedule', () => {
  it('is listed with its next time, and is due then; the wake ahead of it earlier', () =>
    freshAgent().inside(({ db }) => {
      const made = makeSchedule(db);
      expect(scheduleView.parse(made)).toEqual(made);
      expect(made).toMatchObject({
        name: 'Report',
        nextAt: FIRST_HOUR,
        sessionId: null,
        createdBy: 'Ann',
        lastRun: null,
      });
      expect(listSchedules(db)).toEqual([made]);
      expect(dueOf(db)).toEqual([
        { kind: 'prewake', at: FIRST_HOUR - FIRST_WAKE_ESTIMATE_MS },
        { kind: 'schedule', at: FIRST_HOUR },
      ]);
    }));

  it('that is off is due never', () =>
    freshAgent().inside(({ db }) => {
      expect(makeSchedule(db, { enabled: false }).nextAt).toBeNull();
      expect(dueOf(db)).toEqual([]);
    }));

  it('is refused at the tier’s number of them, on or off', () =>
    freshAgent().inside(async ({ db }) => {
      for (let n = 0; n < TIER_CONFIG.free.limits.maxSchedules; n += 1) {
        makeSchedule(db, { enabled: n > 0 });
      }
      expect(await refusedAs(() => makeSchedule(db))).toBe('limit_reached');
      const premium = { ...free(db), limits: TIER_CONFIG.premium.limits };
      expect(createSchedule(premium, 'Ann', HOURLY).nextAt).toBe(FIRST_HOUR);
    }));

  it('is refused where it comes more often than the tier allows, or never', () =>
    freshAgent().inside(async ({ db }) => {
      expect(await refusedAs(() => makeSchedule(db, { cron: '*/30 * * * *' }))).toBe(
        'invalid_request',
      );
      expect(await refusedAs(() => makeSchedule(db, { cron: '0 0 30 2 *' }))).toBe(
        'invalid_request',
      );
      expect(listSchedules(db)).toEqual([]);
    }));

  it('is refused with a prompt that is too long, and for a session that is not there', () =>
    freshAgent().inside(async ({ db }) => {
      const prompt = 'x'.repeat(TIER_CONFIG.free.limits.maxMessageChars + 1);
      expect(await refusedAs(() => makeSchedule(db, { prompt }))).toBe('payload_too_large');
      const sessionId = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
      expect(await refusedAs(() => makeSchedule(db, { sessionId }))).toBe('session_not_found');
      expect(listSchedules(db)).toEqual([]);
    }));
});

describe('a change to a schedule', () => {
  it('of its times counts the next one anew, and moves what is due', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const changed = updateSchedule(free(db), id, { timeZone: 'Asia/Kolkata' });
      const nextAt = FIRST_HOUR - 30 * 60_000;
      expect(changed.nextAt).toBe(nextAt);
      expect(dueOf(db)).toEqual([
        { kind: 'prewake', at: nextAt - FIRST_WAKE_ESTIMATE_MS },
        { kind: 'schedule', at: nextAt },
      ]);
    }));

  it('of its name or prompt leaves a time that has come due', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const later = free(db, FIRST_HOUR + 5);
      expect(updateSchedule(later, id, { name: 'Other' })).toMatchObject({
        name: 'Other',
        nextAt: FIRST_HOUR,
      });
    }));

  it('turns it off, and on again from now', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      expect(updateSchedule(free(db), id, { enabled: false }).nextAt).toBeNull();
      expect(dueOf(db)).toEqual([]);
      const on = updateSchedule(free(db, FIRST_HOUR + 1), id, { enabled: true });
      expect(on.nextAt).toBe(FIRST_HOUR + 3_600_000);
    }));

  it('that turns it off works when the tier allows it no longer; turning it on does not', () =>
    freshAgent().inside(async ({ db }) => {
      const enterprise = { ...free(db), limits: TIER_CONFIG.enterprise.limits };
      const { id } = createSchedule(enterprise, 'Ann', { ...HOURLY, cron: '* * * * *' });
      expect(updateSchedule(free(db), id, { name: 'Other' }).name).toBe('Other');
      expect(updateSchedule(free(db), id, { enabled: false }).enabled).toBe(false);
      const turnOn = () => updateSchedule(free(db), id, { enabled: true });
      expect(await refusedAs(turnOn)).toBe('invalid_request');
      expect(readSchedule(db, id).enabled).toBe(false);
    }));

  it('is checked like a new one, also while it is off', () =>
    freshAgent().inside(async ({ db }) => {
      const { id } = makeSchedule(db, { enabled: false });
      const change = (body: object) => refusedAs(() => updateSchedule(free(db), id, body));
      expect(await change({ cron: 'x * * * *' })).toBe('invalid_request');
      expect(await change({ prompt: 'x'.repeat(8_001) })).toBe('payload_too_large');
      expect(await change({ sessionId: '01HZZZZZZZZZZZZZZZZZZZZZZZ' })).toBe('session_not_found');
      const { id: session } = createSession(db, { title: 'S', maxSessions: 5, now: MINUTE });
      expect(updateSchedule(free(db), id, { sessionId: session }).sessionId).toBe(session);
      expect(updateSchedule(free(db), id, { sessionId: null }).sessionId).toBeNull();
    }));

  it('of one that is not there is refused, like everything else asked of it', () =>
    freshAgent().inside(async ({ db }) => {
      const ways = [
        () => updateSchedule(free(db), 'none', { name: 'x' }),
        () => readSchedule(db, 'none'),
        () => deleteSchedule(db, 'none', MINUTE),
        () => listRuns(db, 'none', 5),
      ];
      for (const way of ways) expect(await refusedAs(way)).toBe('not_found');
    }));
});

describe('deleting a schedule', () => {
  it('takes its runs and what is due along, and leaves others alone', () =>
    freshAgent().inside(({ db }) => {
      const { id } = makeSchedule(db);
      const other = makeSchedule(db, { cron: '0 0 * * *' });
      runScheduleStep(contextOf(db, FIRST_HOUR), id);
      expect(listRuns(db, id, 5)).toHaveLength(1);
      deleteSchedule(db, id, FIRST_HOUR);
      expect(listSchedules(db).map((schedule) => schedule.id)).toEqual([other.id]);
      expect(db.select().from(scheduleRuns).all()).toEqual([]);
      const kinds = allDue(db).map(({ kind, key, at }) => `${kind} ${key} ${at}`);
      const nextAt = other.nextAt ?? 0;
      expect(kinds).toEqual([
        `prewake  ${nextAt - FIRST_WAKE_ESTIMATE_MS}`,
        `schedule ${other.id} ${nextAt}`,
      ]);
    }));
});
