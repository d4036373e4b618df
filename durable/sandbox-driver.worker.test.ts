import { describe, expect, it } from 'vitest';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { snapshots } from '../db/agent/schema.ts';
import { dirtySince, noteDirty } from './activity.ts';
import { readCell } from './cells.ts';
import { FakeSandbox } from './doubles/fake-sandbox.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import { allDue, WATCHDOG_MS } from './due.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import { restorePoint } from './snapshot-index.ts';
import { issueTicket, markStored } from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { SupervisorError } from './supervisor-client.ts';
import { unreported } from './wake-results.ts';
import { MAX_START_BACKOFF_MS, WAKE_TIMEOUT_MS } from './wake.ts';

const SHA = 'c'.repeat(64);

/** A driver with its container; `tickMs` is how far the clock goes on each time it is read. */
function world(db: AgentDb, options: { tickMs?: number; sandbox?: FakeSandbox | null } = {}) {
  const sandbox = options.sandbox === undefined ? new FakeSandbox() : options.sandbox;
  const states: string[] = [];
  const clock = { now: NOW };
  const make = (): SandboxDriver =>
    new SandboxDriver({
      db,
      container: sandbox,
      egress: (generation) => ({ generation }) as unknown as Fetcher,
      record: () => makeRecord(),
      policy: async () => SEED_POLICY,
      safeTools: false,
      now: () => (clock.now += options.tickMs ?? 0),
      changed: ({ state, generation }) => states.push(`${state} ${generation}`),
      log: () => undefined,
    });
  if (sandbox) {
    sandbox.onSnapshot = ({ id }) => markStored(db, { id, size: 10, sha256: SHA, now: clock.now });
  }
  const driver = make();
  return { sandbox: sandbox as FakeSandbox, driver, make, states, clock };
}

async function awake(db: AgentDb, dirty = false) {
  const made = world(db);
  made.driver.demand(false);
  await made.driver.drive();
  if (dirty) noteDirty(db, NOW);
  made.sandbox.happened.length = 0;
  return made;
}
const wakeDue = (db: AgentDb) => allDue(db).find(({ kind }) => kind === 'wake')?.at ?? null;

describe('a wake', () => {
  it('starts the container, follows its stages and is ready', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, states } = world(db, { tickMs: 10 });
      driver.demand(false);
      expect(wakeDue(db)).toBeGreaterThan(NOW);
      expect(await driver.drive()).toMatchObject({ state: 'ready', attempts: 0 });
      expect(states).toEqual(['starting 1', 'restoring 1', 'booting 1', 'ready 1']);
      expect(sandbox.happened).toEqual([
        'start 1',
        'intercept models.internal',
        'intercept state.internal',
      ]);
      expect(sandbox.starts[0]).toMatchObject({
        instance: 'standard-1',
        enableInternet: false,
        env: { SK_GENERATION: '1', SK_RESTORE: '' },
        labels: { generation: '1' },
      });
      expect(readCell(db, 'wakeTimes')).toHaveLength(1);
      expect(wakeDue(db)).toBeNull();
    }));

  it('has its results kept for D1, each generation’s its own', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = world(db, { tickMs: 10 });
      sandbox.scripts = [['booting', 'exit']];
      driver.demand(false);
      await driver.drive();
      clock.now += MAX_START_BACKOFF_MS;
      driver.demand(false);
      await driver.drive();
      const kept = unreported(db).map(({ generation, outcome }) => [generation, outcome]);
      expect(kept).toEqual([
        [1, 'failed'],
        [2, 'ready'],
      ]);
      expect(unreported(db).every(({ ms }) => ms > 0)).toBe(true);
    }));

  it('has one start, however many ask for it', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db);
      driver.demand(false);
      driver.demand(true);
      await Promise.all([driver.drive(), driver.drive()]);
      expect(sandbox.starts).toHaveLength(1);
    }));

  it('gives each generation tokens of its own', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db);
      driver.apply({ type: 'drain', force: false });
      await driver.drive();
      driver.demand(false);
      await driver.drive();
      const tokens = sandbox.starts.flatMap(({ env }) => [
        env['SK_SUPERVISOR_TOKEN'],
        env['OPENCLAW_GATEWAY_TOKEN'],
      ]);
      expect(new Set(tokens).size).toBe(4);
    }));

  it('that finds no free container fails, waits and tries again as another generation', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock, states } = world(db);
      sandbox.refusals.push(new Error('there is no container instance available'));
      driver.demand(false);
      const failed = await driver.drive();
      expect(failed).toMatchObject({ state: 'failed', failure: { code: 'no_instance' } });
      const nextTryAt = failed.failure?.nextTryAt ?? 0;
      expect(wakeDue(db)).toBe(nextTryAt);
      expect(driver.demand(false).state).toBe('failed');
      clock.now = nextTryAt;
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
      expect(states.at(-1)).toBe('ready 2');
    }));

  it('whose container exits while it boots fails, and leaves none behind', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db);
      sandbox.scripts.push(['restoring', 'booting', 'exit']);
      driver.demand(false);
      const wake = await driver.drive();
      expect(wake).toMatchObject({ state: 'failed', attempts: 1, tokens: null });
      expect(wake.failure?.nextTryAt).toBeGreaterThan(NOW);
      expect(sandbox.running).toBe(false);
    }));

  it('whose container never listens fails as exited', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db, { tickMs: 500 });
      sandbox.scripts.push(['exit']);
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({ failure: { code: 'sandbox_exited' } });
    }));

  it('that does not come to an end is given up', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db, { tickMs: WAKE_TIMEOUT_MS / 10 });
      sandbox.scripts.push(['booting']);
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({ failure: { code: 'wake_timeout' } });
      expect(sandbox.running).toBe(false);
    }));

  it('that fails again and again is tried ever later, never at once', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = world(db);
      sandbox.refusals.push(...Array.from({ length: 10 }, () => new Error('interrupted')));
      for (let i = 0; i < 10; i += 1) {
        clock.now = driver.wake.failure?.nextTryAt ?? clock.now;
        driver.demand(false);
        await driver.drive();
      }
      expect(driver.wake).toMatchObject({ state: 'failed', generation: 10 });
      expect(driver.wake.failure?.nextTryAt).toBe(clock.now + MAX_START_BACKOFF_MS);
      expect(wakeDue(db)).toBe(clock.now + MAX_START_BACKOFF_MS);
      driver.demand(false);
      expect(driver.wake.state, 'before its time nothing starts').toBe('failed');
    }));

  it('that can’t restore waits for an operator, and overwrites nothing', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = world(db);
      const { id } = await issueTicket(db, { kind: 'sleep', generation: 0, now: NOW });
      markStored(db, { id, size: 10, sha256: SHA, now: NOW });
      sandbox.scripts.push(['restoring', 'failed']);
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({
        state: 'failed',
        failure: { code: 'restore_corrupt', nextTryAt: null },
      });
      clock.now += 86_400_000;
      expect(driver.demand(false).state).toBe('failed');
      expect(restorePoint(db)?.id).toBe(id);
      driver.demand(true);
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
    }));

  it('that came up with another state than it was told to restore is not let in', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db);
      const ticket = await issueTicket(db, { kind: 'sleep', generation: 0, now: NOW });
      markStored(db, { id: ticket.id, size: 10, sha256: SHA, now: NOW });
      const { tokens } = driver.demand(false);
      const token = tokens?.supervisor ?? '';
      sandbox.runs({ generation: 1, token, script: ['restoring', 'booting', 'ready'] });
      expect(await driver.drive()).toMatchObject({
        state: 'failed',
        failure: { code: 'restore_unverified', nextTryAt: null },
      });
      expect(sandbox.running).toBe(false);
    }));

  it('without containers in this deployment says so', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver } = world(db, { sandbox: null });
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({
        failure: { code: 'no_container', nextTryAt: null },
      });
    }));
});

describe('a container that runs already', () => {
  it('and is of an older generation is destroyed before the start', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db);
      sandbox.runs({ generation: 0, token: 'of-then', script: ['ready'] });
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 1 });
      expect(sandbox.happened.slice(0, 2)).toEqual(['destroy', 'start 1']);
    }));

  it('and is this very generation is taken over after an eviction', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, make } = world(db);
      const { tokens } = driver.demand(false);
      const token = tokens?.supervisor ?? '';
      sandbox.runs({ generation: 1, token, script: ['restoring', 'booting', 'ready'] });
      const afterEviction = make();
      await afterEviction.adopt();
      expect(await afterEviction.drive()).toMatchObject({ state: 'ready', generation: 1 });
      expect(sandbox.happened).toEqual(['intercept models.internal', 'intercept state.internal']);
    }));

  it('and boots goes on booting under the next object', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, make, states } = world(db);
      const { tokens } = driver.demand(false);
      driver.apply({ type: 'stage', generation: 1, stage: 'booting' });
      sandbox.runs({
        generation: 1,
        token: tokens?.supervisor ?? '',
        script: ['booting', 'ready'],
      });
      await make().drive();
      expect(states).toEqual(['starting 1', 'booting 1', 'ready 1']);
      expect(sandbox.starts).toEqual([]);
    }));
});

describe('falling asleep', () => {
  it('stops OpenClaw, stores a snapshot, then destroys the container', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      driver.apply({ type: 'drain', force: false });
      expect(wakeDue(db)).toBe(NOW + WATCHDOG_MS);
      expect(await driver.drive()).toMatchObject({ state: 'asleep', tokens: null });
      expect(sandbox.happened).toEqual(['stop', 'snapshot', 'destroy']);
      expect(dirtySince(db)).toBeNull();
      expect(wakeDue(db)).toBeNull();
    }));

  it('makes the snapshot what the next generation restores from', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      driver.apply({ type: 'drain', force: false });
      await driver.drive();
      const newest = restorePoint(db);
      driver.demand(false);
      await driver.drive();
      expect(newest).not.toBeNull();
      expect(JSON.parse(sandbox.starts[1]?.env['SK_RESTORE'] ?? 'null')).toEqual(newest);
    }));

  it('stores nothing when nothing has changed', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db);
      driver.apply({ type: 'drain', force: false });
      await driver.drive();
      expect(sandbox.happened).toEqual(['stop', 'destroy']);
    }));

  it('keeps the container when its snapshot can’t be stored, and tries again', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = await awake(db, true);
      const store = sandbox.onSnapshot;
      sandbox.onSnapshot = () => {
        throw new Error('R2 is down');
      };
      driver.apply({ type: 'drain', force: false });
      expect(await driver.drive()).toMatchObject({ state: 'draining' });
      expect(sandbox.happened).toEqual(['stop', 'snapshot']);
      expect(restorePoint(db)).toBeNull();
      sandbox.onSnapshot = store;
      expect(await driver.drive(), 'not before its time').toMatchObject({ state: 'draining' });
      clock.now = driver.wake.failure?.nextTryAt ?? 0;
      expect(await driver.drive()).toMatchObject({ state: 'asleep' });
      expect(
        db
          .select()
          .from(snapshots)
          .all()
          .map(({ state }) => state)
          .toSorted(),
      ).toEqual(['failed', 'stored']);
    }));

  it('keeps the container when the supervisor says it is stored and it is not', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      sandbox.onSnapshot = () => undefined;
      driver.apply({ type: 'drain', force: false });
      expect(await driver.drive()).toMatchObject({ state: 'draining' });
      expect(sandbox.running).toBe(true);
    }));

  it('waits for a checkpoint under way, which may have saved everything', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      const { id } = await issueTicket(db, { kind: 'checkpoint', generation: 1, now: NOW });
      sandbox.onSnapshot = () => {
        markStored(db, { id, size: 10, sha256: SHA, now: NOW });
        throw new SupervisorError('snapshot_busy', 'Another snapshot is being made.');
      };
      driver.apply({ type: 'drain', force: false });
      expect(await driver.drive()).toMatchObject({ state: 'asleep', failure: null });
      expect(sandbox.happened).toEqual(['stop', 'snapshot', 'destroy']);
      expect(restorePoint(db)?.id).toBe(id);
      expect(db.select().from(snapshots).all()).toHaveLength(1);
    }));

  it('does not wait for ever for a snapshot that does not end', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = await awake(db, true);
      sandbox.onSnapshot = () => {
        clock.now += 11 * 60_000;
        throw new SupervisorError('snapshot_busy', 'Another snapshot is being made.');
      };
      driver.apply({ type: 'drain', force: false });
      expect(await driver.drive()).toMatchObject({ failure: { code: 'snapshot_busy' } });
      expect(sandbox.running).toBe(true);
    }));

  it('destroys the container without its snapshot only when an operator insists', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      sandbox.onSnapshot = () => {
        throw new Error('R2 is down');
      };
      driver.apply({ type: 'drain', force: false });
      await driver.drive();
      driver.apply({ type: 'drain', force: true });
      expect(await driver.drive()).toMatchObject({ state: 'asleep', force: false });
      expect(sandbox.happened.slice(-2)).toEqual(['snapshot', 'destroy']);
      expect(dirtySince(db)).toBe(NOW);
    }));

  it('by force works in the middle of a wake', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db);
      driver.demand(false);
      const driving = driver.drive();
      driver.apply({ type: 'drain', force: true });
      await driving;
      expect(await driver.drive()).toMatchObject({ state: 'asleep' });
      expect(sandbox.running).toBe(false);
    }));

  it('of a container that is gone already ends all the same', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      sandbox.running = false;
      driver.apply({ type: 'drain', force: false });
      expect(await driver.drive()).toMatchObject({ state: 'asleep' });
    }));
});

describe('a probe of a ready sandbox', () => {
  const HOUR_MS = 3_600_000;

  it('finds it as it should be', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, states } = await awake(db);
      const before = states.length;
      expect(await driver.probe()).toMatchObject({ state: 'ready' });
      expect(states).toHaveLength(before);
    }));

  it('says that it is lost when it does not answer, and leaves nothing of it', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db);
      sandbox.runs({ generation: 1, token: 'another', script: ['ready'] });
      expect(await driver.probe()).toMatchObject({
        state: 'failed',
        failure: { code: 'sandbox_lost' },
      });
      expect(sandbox.running).toBe(false);
    }));

  it('waits while OpenClaw restarts in it, also long after its wake', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = await awake(db);
      clock.now += HOUR_MS;
      const token = driver.wake.tokens?.supervisor ?? '';
      sandbox.runs({ generation: 1, token, script: ['booting', 'booting', 'ready'] });
      expect(await driver.probe()).toMatchObject({ state: 'ready' });
      expect(sandbox.happened).toEqual([]);
    }));

  it('says that it is lost when OpenClaw’s restart fails', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db);
      const token = driver.wake.tokens?.supervisor ?? '';
      sandbox.runs({ generation: 1, token, script: ['booting', 'failed'] });
      expect(await driver.probe()).toMatchObject({ state: 'failed' });
      expect(sandbox.running).toBe(false);
    }));

  it('replaces one whose OpenClaw hangs, after its state is saved', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = await awake(db, true);
      const look = async (healthy: boolean, afterMs = 30_000): Promise<string> => {
        clock.now += afterMs;
        sandbox.healthy = healthy;
        return (await driver.probe()).state;
      };
      expect(await look(false)).toBe('ready');
      expect(await look(true), 'a stall may pass').toBe('ready');
      for (const afterMs of [30_000, 1, 1, 30_000]) {
        expect(await look(false, afterMs), 'looks in a row at one stall are one').toBe('ready');
      }
      expect(await look(false)).toBe('draining');
      expect(await driver.drive()).toMatchObject({ state: 'asleep' });
      expect(sandbox.happened).toEqual(['stop', 'snapshot', 'destroy']);
    }));

  it('asks again for some seconds before it takes a sandbox for lost', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = await awake(db, true);
      sandbox.broken = 2;
      expect(await driver.probe()).toMatchObject({ state: 'ready' });
      expect(sandbox.happened).toEqual([]);
    }));
});

describe('a sandbox that does not answer', () => {
  it('though it counts as running is given up soon, and another generation starts', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = world(db, { tickMs: 5_000 });
      sandbox.broken = 1_000;
      driver.demand(false);
      const began = clock.now;
      expect(await driver.drive()).toMatchObject({ state: 'failed' });
      expect(clock.now - began).toBeLessThan(WAKE_TIMEOUT_MS / 2);
      expect(sandbox.running).toBe(false);
      sandbox.broken = 0;
      clock.now = driver.wake.failure?.nextTryAt ?? 0;
      driver.demand(false);
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
    }));

  it('once while it boots is asked again, and goes on booting', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox } = world(db);
      const { tokens } = driver.demand(false);
      sandbox.runs({
        generation: 1,
        token: tokens?.supervisor ?? '',
        script: ['booting', 'booting', 'ready'],
      });
      driver.apply({ type: 'stage', generation: 1, stage: 'booting' });
      const driving = driver.drive();
      sandbox.broken = 1;
      expect(await driving).toMatchObject({ state: 'ready', generation: 1 });
    }));

  it('when it is to be saved is tried a few times, then given up', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, sandbox, clock } = await awake(db, true);
      sandbox.broken = 1_000;
      driver.apply({ type: 'drain', force: false });
      let tries = 0;
      while (driver.wake.state === 'draining') {
        expect(sandbox.running).toBe(true);
        clock.now = driver.wake.failure?.nextTryAt ?? clock.now;
        await driver.drive();
        tries += 1;
        if (driver.wake.state === 'draining') expect(wakeDue(db)).toBeGreaterThan(clock.now);
      }
      expect(driver.wake.state).toBe('asleep');
      expect(clock.now - NOW, 'a network may be down for a while').toBeGreaterThan(120_000);
      expect(tries).toBeGreaterThan(4);
    }));
});
