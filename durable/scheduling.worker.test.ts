import { applyD1Migrations, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CreateScheduleBody } from '../contract/schedules.ts';
import { schedules } from '../db/agent/schema.ts';
import { noteActive } from './activity.ts';
import { readCell, writeCell } from './cells.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import { join } from './doubles/join.ts';
import { allDue, setDue } from './due.ts';
import type { Caller } from './rpc.ts';
import { nextScheduledAt } from './schedule-prewake.ts';
import { INITIAL_WAKE } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const operator = (role: 'viewer' | 'maintainer' | 'admin'): Caller => ({
  kind: 'operator',
  subject: 'eve@sk.com',
  role,
});
const OPERATOR = operator('admin');
const BODY: CreateScheduleBody = {
  name: 'Report',
  cron: '0 * * * *',
  timeZone: 'UTC',
  prompt: 'Report what is new.',
  enabled: true,
};

/** Moves a schedule's time, and its due step, into the past. */
function makeDue({ inside }: FreshAgent, id: string, at = Date.now() - 1): Promise<void> {
  return inside(({ db }) => {
    db.update(schedules).set({ nextAt: at }).run();
    setDue(db, 'schedule', id, at);
  });
}

const generation = ({ inside }: FreshAgent): Promise<number> =>
  inside(({ db }) => readCell(db, 'wake')?.generation ?? 0);

describe('the times of an expression', () => {
  it('are told to every member before anything is stored, or what is wrong with it', async () => {
    const tenant = await newTenant();
    const user = await join(tenant, 'user');
    const daily = { cron: '0 9 * * *', timeZone: 'Europe/Berlin' };
    const times = await tenant.rpc.scheduleTimes(user, daily);
    expect(times).toHaveLength(3);
    const hours = times.map((at) =>
      new Date(at).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' }),
    );
    expect(hours).toEqual(['09:00:00', '09:00:00', '09:00:00']);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    for (const wrong of [
      { cron: '99 * * * *' },
      { timeZone: 'Moon/Base' },
      { cron: '0 0 30 2 *' },
    ]) {
      const ask = () => tenant.rpc.scheduleTimes(user, { ...daily, ...wrong });
      expect(await codeOf(ask)).toBe('invalid_request');
    }
    expect(await tenant.rpc.listSchedules(user)).toEqual([]);
  });
});

describe('who may change schedules', () => {
  it('are owners and operators; every member and viewer may look', async () => {
    const tenant = await newTenant();
    const { rpc } = tenant;
    const [owner, user] = [await join(tenant, 'owner'), await join(tenant, 'user')];
    const { id, createdBy } = await rpc.createSchedule(owner, BODY);
    expect(createdBy).toBe('Ann');
    expect((await rpc.updateSchedule(operator('maintainer'), id, { name: 'Other' })).name).toBe(
      'Other',
    );
    for (const caller of [user, operator('viewer')]) {
      expect(await rpc.listSchedules(caller)).toHaveLength(1);
      expect((await rpc.readSchedule(caller, id)).name).toBe('Other');
      expect(await rpc.scheduleRuns(caller, id, { limit: 5 })).toEqual([]);
      expect(await codeOf(() => rpc.createSchedule(caller, BODY))).toBe('forbidden');
      expect(await codeOf(() => rpc.updateSchedule(caller, id, { name: 'x' }))).toBe('forbidden');
      expect(await codeOf(() => rpc.runSchedule(caller, id))).toBe('forbidden');
      expect(await codeOf(() => rpc.deleteSchedule(caller, id))).toBe('forbidden');
    }
    await rpc.deleteSchedule(owner, id);
    expect(await rpc.listSchedules(user)).toEqual([]);
  });

  it('are none of another tenant', async () => {
    const [a, b] = [await newTenant(), await newTenant()];
    const stranger = await join(b, 'owner');
    const { id } = await a.rpc.createSchedule(OPERATOR, BODY);
    const ways: (() => Promise<unknown>)[] = [
      () => a.rpc.listSchedules(stranger),
      () => a.rpc.readSchedule(stranger, id),
      () => a.rpc.createSchedule(stranger, BODY),
      () => a.rpc.updateSchedule(stranger, id, { name: 'x' }),
      () => a.rpc.deleteSchedule(stranger, id),
      () => a.rpc.runSchedule(stranger, id),
      () => a.rpc.scheduleRuns(stranger, id, { limit: 1 }),
    ];
    for (const way of ways) expect(await codeOf(way)).toBe('unauthenticated');
  });
});

describe('the agent’s alarm', () => {
  it('is set for the wake ahead of a schedule, also after an eviction', async () => {
    const tenant = await newTenant();
    await tenant.rpc.flush();
    const { nextAt } = await tenant.rpc.createSchedule(OPERATOR, BODY);
    await evictDurableObject(tenant.stub);
    await tenant.inside(async ({ db }) => {
      expect(nextScheduledAt(db)).toBe(nextAt);
      expect(allDue(db).map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['prewake', 'schedule']),
      );
    });
  });

  it('runs what is due: the turn is queued, ends here without a container, and is listed', async () => {
    const tenant = await newTenant();
    const { id } = await tenant.rpc.createSchedule(OPERATOR, BODY);
    await makeDue(tenant, id);
    await tenant.rpc.poke();
    const [session] = await tenant.rpc.listSessions(OPERATOR);
    expect(session?.title).toBe('Report');
    const { events } = await tenant.rpc.history(OPERATOR, session?.id ?? '', {
      after: 0,
      limit: 9,
    });
    expect(events[0]?.data).toMatchObject({ type: 'user', by: 'Report', text: BODY.prompt });
    await expect
      .poll(async () => (await tenant.rpc.scheduleRuns(OPERATOR, id, { limit: 5 }))[0]?.state)
      .toBe('error');
    const schedule = await tenant.rpc.readSchedule(OPERATOR, id);
    expect(schedule.lastRun?.reason).toMatch(/could not start/);
    expect(schedule.nextAt).toBeGreaterThan(Date.now());
  });

  it('wakes ahead without counting as activity', async () => {
    const tenant = await newTenant();
    const { id } = await tenant.rpc.createSchedule(OPERATOR, BODY);
    await tenant.inside(({ db }) => {
      db.update(schedules)
        .set({ nextAt: Date.now() + 5_000 })
        .run();
      setDue(db, 'schedule', id, Date.now() + 5_000);
      setDue(db, 'prewake', '', 1);
    });
    await tenant.rpc.poke();
    expect(await generation(tenant)).toBe(1);
    expect((await tenant.rpc.inspect()).lastIdleAt).toBeNull();
    expect(await tenant.rpc.scheduleRuns(OPERATOR, id, { limit: 5 })).toEqual([]);
  });

  it('does not start a suspended agent, neither ahead nor at the time', async () => {
    const tenant = await newTenant();
    const { id } = await tenant.rpc.createSchedule(OPERATOR, BODY);
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    await tenant.inside(({ db }) => setDue(db, 'prewake', '', 1));
    await makeDue(tenant, id);
    await tenant.rpc.poke();
    expect(await generation(tenant)).toBe(0);
    const [run] = await tenant.rpc.scheduleRuns(OPERATOR, id, { limit: 5 });
    expect(run).toMatchObject({ state: 'skipped', turnId: null });
  });

  it('keeps an agent awake from the wake ahead to the run', async () => {
    const tenant = await newTenant();
    await tenant.rpc.createSchedule(OPERATOR, BODY);
    const at = Date.now() + 10_000;
    await tenant.inside(async ({ db, agent }) => {
      db.update(schedules).set({ nextAt: at }).run();
      writeCell(db, 'wake', { ...INITIAL_WAKE, state: 'ready', generation: 1 });
      noteActive(db, 1);
      setDue(db, 'idle', '', 1);
      await agent.alarm();
      expect(readCell(db, 'wake')?.state).toBe('ready');
      expect(allDue(db).find(({ kind }) => kind === 'idle')?.at).toBeGreaterThan(at);
    });
  });
});

describe('a run by hand', () => {
  it('answers with the run, and is refused where the agent is suspended', async () => {
    const tenant = await newTenant();
    const { id } = await tenant.rpc.createSchedule(OPERATOR, { ...BODY, enabled: false });
    const run = await tenant.rpc.runSchedule(OPERATOR, id);
    expect(run).toMatchObject({ trigger: 'manual', state: 'queued' });
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    expect(await codeOf(() => tenant.rpc.runSchedule(OPERATOR, id))).toBe('tenant_suspended');
    expect(await codeOf(() => tenant.rpc.runSchedule(OPERATOR, 'none'))).toBe('not_found');
  });
});

describe('an inspection', () => {
  it('lists schedules with their next times', async () => {
    const { rpc } = await newTenant();
    const { id, nextAt } = await rpc.createSchedule(OPERATOR, BODY);
    expect((await rpc.inspect()).schedules).toEqual([
      { id, name: 'Report', enabled: true, nextAt },
    ]);
  });
});
