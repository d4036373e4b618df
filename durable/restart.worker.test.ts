import { applyD1Migrations, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { noteDirty } from './activity.ts';
import { readCell, writeCell } from './cells.ts';
import { FakeSandbox } from './doubles/fake-sandbox.ts';
import {
  codeOf,
  freshAgent,
  makeRecord,
  newTenant,
  NOW,
  type FreshAgent,
} from './doubles/fresh-agent.ts';
import { runningTurn } from './doubles/ledger.ts';
import { Door } from './door.ts';
import { setDue } from './due.ts';
import { Lifecycle } from './lifecycle.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import { markStored } from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { readTimeline } from './timeline.ts';
import { INITIAL_WAKE, type WakeState } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

/** An agent's life over a container without a process. `make` is the next object after an eviction. */
function world(db: AgentDb) {
  const record = makeRecord();
  writeCell(db, 'record', record);
  const sandbox = new FakeSandbox();
  const sha256 = 'c'.repeat(64);
  sandbox.onSnapshot = ({ id }) => markStored(db, { id, size: 10, sha256, now: NOW });
  const now = (): number => NOW;
  const door = new Door({ db, now });
  const make = (): { driver: SandboxDriver; lifecycle: Lifecycle } => {
    const driver: SandboxDriver = new SandboxDriver({
      db,
      container: sandbox,
      egress: () => ({}) as Fetcher,
      record: () => record,
      policy: async () => SEED_POLICY,
      safeTools: false,
      now,
      changed: (wake) => lifecycle.sandboxGone(wake),
      log: () => undefined,
    });
    const lifecycle = new Lifecycle({
      db,
      env: { DB: env.DB, DEV_MODE: 'false', IDLE_MS_OVERRIDE: '' },
      door,
      sandbox: driver,
      pump: { pump: () => undefined, watch: () => undefined },
      turns: { giveUp: async () => undefined },
      snapshots: { used: () => undefined },
      now,
      waitUntil: () => undefined,
    });
    return { driver, lifecycle };
  };
  return { sandbox, make, ...make() };
}

async function awake(db: AgentDb) {
  const made = world(db);
  made.driver.demand(true);
  await made.driver.drive();
  noteDirty(db, NOW);
  made.sandbox.happened.length = 0;
  return made;
}

const types = (db: AgentDb): string[] =>
  readTimeline(db, { limit: 200 }).entries.map(({ data }) => data.type);

describe('a restart', () => {
  it('saves what runs, then starts another generation from it', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle, sandbox } = await awake(db);
      lifecycle.restart(false);
      expect(driver.wake).toMatchObject({ state: 'draining', again: true });
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2, again: false });
      expect(sandbox.happened.filter((what) => !what.startsWith('intercept'))).toEqual([
        'stop',
        'snapshot',
        'destroy',
        'start 2',
      ]);
      expect(driver.wake.restore).not.toBeNull();
    }));

  it('ends in a running agent though its object dies while it drains', () =>
    freshAgent().inside(async ({ db }) => {
      const { lifecycle, make } = await awake(db);
      lifecycle.restart(false);
      const { driver } = make();
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
    }));

  it('leaves no moment in which the agent sleeps and nobody knows that it is to wake', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle } = await awake(db);
      lifecycle.restart(false);
      driver.apply({ type: 'slept', generation: 1 });
      expect(readCell(db, 'wake')).toMatchObject({ state: 'starting', generation: 2 });
      expect(types(db).slice(-3)).toEqual(['drain', 'asleep', 'start']);
    }));

  it('of an agent that sleeps, or has failed, is a wake', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle, sandbox } = world(db);
      sandbox.scripts.push(['booting', 'failed']);
      lifecycle.restart(false);
      expect(await driver.drive()).toMatchObject({ state: 'failed' });
      lifecycle.restart(false);
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
    }));

  it('cuts nothing off unless it is forced', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle } = await awake(db);
      runningTurn(db);
      expect(() => lifecycle.restart(false)).toThrow('A turn is open.');
      expect(driver.wake.state).toBe('ready');
      lifecycle.restart(true);
      expect(driver.wake).toMatchObject({ state: 'draining', force: true, again: true });
    }));

  it('of an agent that wakes needs force, and is asked of one that falls asleep', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle } = world(db);
      driver.demand(true);
      expect(() => lifecycle.restart(false)).toThrow('The agent is waking.');
      await driver.drive();
      lifecycle.drain(false);
      expect(driver.wake.again).toBe(false);
      lifecycle.restart(false);
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
    }));

  it('is taken back by an operator’s sleep', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle } = await awake(db);
      lifecycle.restart(false);
      lifecycle.drain(false);
      expect(await driver.drive()).toMatchObject({ state: 'asleep', generation: 1 });
    }));

  it('does not start an agent that was suspended meanwhile', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, lifecycle } = await awake(db);
      lifecycle.restart(false);
      writeCell(db, 'record', makeRecord({ status: 'suspended', version: 2 }));
      expect(await driver.drive()).toMatchObject({ state: 'asleep' });
    }));
});

describe('an agent that is told to restart', () => {
  const put = ({ inside }: FreshAgent, changed: Partial<WakeState>): Promise<void> =>
    inside(({ db }) => writeCell(db, 'wake', { ...INITIAL_WAKE, generation: 4, ...changed }));

  it('goes on with it after an eviction, by itself', async () => {
    const tenant = await newTenant();
    const tokens = { supervisor: 's', gateway: 'g' };
    await put(tenant, { state: 'draining', again: true, tokens });
    await tenant.inside(({ db }) => setDue(db, 'wake', '', 1));
    await evictDurableObject(tenant.stub);
    // The drain's watchdog.
    await tenant.rpc.poke();
    await expect
      .poll(async () => (await tenant.rpc.timeline({ limit: 9 })).entries.map((e) => e.data.type))
      .toEqual(expect.arrayContaining(['asleep', 'start']));
    expect((await tenant.rpc.status()).generation).toBeGreaterThan(4);
  });

  it('refuses while a turn is open, and for a tenant that is suspended', async () => {
    const tenant = await newTenant();
    await put(tenant, { state: 'ready', tokens: { supervisor: 's', gateway: 'g' } });
    await tenant.inside(({ db }) => void runningTurn(db));
    expect(await codeOf(() => tenant.rpc.restart({ force: false }))).toBe('conflict');
    await tenant.rpc.apply({ ...tenant.record, status: 'suspended', version: 2 });
    expect(await codeOf(() => tenant.rpc.restart({ force: true }))).toBe('tenant_suspended');
  });
});
