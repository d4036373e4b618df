import { afterEach, expect, it, vi } from 'vitest';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { noteDirty } from './activity.ts';
import { FakeSandbox } from './doubles/fake-sandbox.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';

afterEach(() => void vi.useRealTimers());

function world(db: AgentDb, policy = async () => SEED_POLICY) {
  const sandbox = new FakeSandbox();
  const logged: string[] = [];
  const driver = new SandboxDriver({
    db,
    container: sandbox,
    egress: () => ({}) as Fetcher,
    record: () => makeRecord(),
    policy,
    safeTools: false,
    now: () => NOW,
    changed: () => undefined,
    log: ({ msg }) => void logged.push(msg),
  });
  return { sandbox, driver, logged };
}

it('a discarded sandbox is destroyed without being saved, and its generation is over', () =>
  freshAgent().inside(async ({ db }) => {
    const { sandbox, driver } = world(db);
    driver.demand(false);
    await driver.drive();
    noteDirty(db, NOW);
    sandbox.happened.length = 0;
    expect(await driver.discard()).toBe(true);
    expect(sandbox.happened).toEqual(['destroy']);
    expect(driver.wake).toMatchObject({ state: 'asleep', generation: 2, tokens: null });
    expect(await driver.discard()).toBe(true);
    expect(sandbox.happened).toEqual(['destroy']);
  }));

it('a sandbox that can’t be destroyed is said to run on', () =>
  freshAgent().inside(async ({ db }) => {
    const { sandbox, driver } = world(db);
    driver.demand(false);
    await driver.drive();
    sandbox.destroy = () => Promise.reject(new Error('no answer'));
    expect(await driver.discard()).toBe(false);
  }));

it('a destroy that hangs holds nothing up for long, and the log says what still runs', () =>
  freshAgent().inside(async ({ db }) => {
    const { sandbox, driver, logged } = world(db);
    driver.demand(false);
    await driver.drive();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    sandbox.destroy = () => new Promise(() => undefined);
    const discarded = driver.discard();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await discarded).toBe(false);
    expect(logged).toEqual(['a destroyed container still runs']);
    expect(vi.getTimerCount()).toBe(0);
  }));

it('a sandbox that is discarded while it is being started never comes to life', () =>
  freshAgent().inside(async ({ db }) => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: known, resolve: tell } = Promise.withResolvers<typeof SEED_POLICY>();
    const { sandbox, driver } = world(db, () => {
      ask();
      return known;
    });
    driver.demand(false);
    const driven = driver.drive();
    await asked;
    await driver.discard();
    tell(SEED_POLICY);
    expect(await driven).toMatchObject({ state: 'asleep', generation: 2 });
    expect(sandbox.starts).toEqual([]);
  }));
