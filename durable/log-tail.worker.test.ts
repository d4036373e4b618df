import { describe, expect, it } from 'vitest';
import { agentLogsQuery } from '../contract/agent-logs.ts';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { readLogs } from './agent-logs.ts';
import { FakeSandbox } from './doubles/fake-sandbox.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';

function world(db: AgentDb) {
  const sandbox = new FakeSandbox();
  const clock = { now: NOW };
  const driver = new SandboxDriver({
    db,
    container: sandbox,
    egress: () => ({}) as Fetcher,
    record: () => makeRecord(),
    policy: async () => SEED_POLICY,
    safeTools: false,
    now: () => (clock.now += 500),
    changed: () => undefined,
    log: () => undefined,
  });
  const logs = (query: object = {}) =>
    readLogs({ db, sandbox: driver }, agentLogsQuery.parse(query));
  const wake = async () => {
    driver.demand(true);
    await driver.drive();
  };
  const sleep = async () => {
    driver.apply({ type: 'drain', force: false });
    await driver.drive();
  };
  return { sandbox, driver, logs, wake, sleep };
}
const texts = ({ lines }: { lines: { text: string }[] }): string[] => lines.map(({ text }) => text);

describe('the log of an agent', () => {
  it('is nothing before it ever woke', () =>
    freshAgent().inside(async ({ db }) => {
      expect(await world(db).logs({ after: 5, generation: 1 })).toEqual({
        state: 'asleep',
        running: false,
        generation: 0,
        lines: [],
        next: 0,
        more: false,
      });
    }));

  it('comes from the sandbox while it runs, however long it is, and wakes nothing', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, logs, wake } = world(db);
      await wake();
      sandbox.log = Array.from({ length: 450 }, (_, i) => (i === 7 ? 'E bad' : `line ${i + 1}`));
      const newest = await logs({ limit: 2 });
      expect(newest).toMatchObject({ state: 'ready', running: true, generation: 1, next: 450 });
      expect(texts(newest)).toEqual(['line 449', 'line 450']);
      expect(newest.lines[0]).toMatchObject({ seq: 449, generation: 1, source: 'openclaw' });
      const rest = await logs({ after: 440, generation: 1 });
      expect([rest.lines.length, rest.next, rest.more]).toEqual([10, 450, false]);
      expect(texts(await logs({ level: 'error' }))).toEqual(['E bad']);
      expect(texts(await logs({ q: 'LINE 45' }))).toEqual(['line 45', 'line 450']);
      const page = await logs({ after: 0, limit: 3 });
      expect([texts(page).length, page.next, page.more]).toEqual([3, 3, true]);
      expect(sandbox.starts).toHaveLength(1);
    }));

  it('of a sandbox that does not answer is an error, not an older one’s', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, logs, wake } = world(db);
      await wake();
      sandbox.log = null;
      await expect(logs()).rejects.toMatchObject({ code: 'agent_unavailable' });
    }));

  it('stays, in its end, when the agent sleeps; a follower reads on in it', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, logs, wake, sleep } = world(db);
      await wake();
      sandbox.log = ['one', 'two', 'three'];
      await sleep();
      expect(sandbox.running).toBe(false);
      const rest = await logs({ after: 1, generation: 1 });
      expect(rest).toMatchObject({ state: 'asleep', running: false, generation: 1, next: 3 });
      expect(texts(rest)).toEqual(['two', 'three']);
    }));

  it('begins anew for a follower of an older generation', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, logs, wake, sleep } = world(db);
      await wake();
      await sleep();
      await wake();
      sandbox.log = ['first', 'second'];
      const news = await logs({ after: 900, generation: 1 });
      expect(news).toMatchObject({ generation: 2, next: 2 });
      expect(texts(news)).toEqual(['first', 'second']);
    }));

  it('of a boot that failed stays: it says why there is no agent', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, logs, wake } = world(db);
      sandbox.scripts.push(['booting', 'failed']);
      sandbox.log = ['E config is broken'];
      await wake();
      const tail = await logs();
      expect(tail).toMatchObject({ state: 'failed', running: false, generation: 1 });
      expect(texts(tail)).toEqual(['E config is broken']);
    }));

  it('of a sandbox that was lost stays too', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, driver, logs, wake } = world(db);
      await wake();
      sandbox.runs({
        generation: 1,
        token: driver.wake.tokens?.supervisor ?? '',
        script: ['failed'],
      });
      sandbox.log = ['E OpenClaw died'];
      expect((await driver.probe()).state).toBe('failed');
      expect(texts(await logs())).toEqual(['E OpenClaw died']);
    }));

  it('of a sandbox that left without a word is the one before it, and says so', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, logs, wake, sleep } = world(db);
      await wake();
      await sleep();
      sandbox.scripts.push(['booting', 'exit']);
      await wake();
      expect(await logs()).toMatchObject({ state: 'failed', generation: 1 });
    }));

  it('is not waited for when the agent falls asleep and nothing answers', () =>
    freshAgent().inside(async ({ db }) => {
      const { sandbox, driver, wake, sleep } = world(db);
      await wake();
      sandbox.log = null;
      await sleep();
      expect(driver.wake.state).toBe('asleep');
    }));
});
