import { describe, expect, it } from 'vitest';
import type { TenantRecord } from '../contract/agent.ts';
import { asAppError } from '../contract/errors.ts';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { dirtySince, noteActive, noteDirty } from './activity.ts';
import { clearCell, readCell, writeCell } from './cells.ts';
import { CHECKPOINT_QUIET_MS } from './checkpoint.ts';
import { FakeSandbox } from './doubles/fake-sandbox.ts';
import { freshAgent, makeRecord, NOW } from './doubles/fresh-agent.ts';
import { allDue, WATCHDOG_MS } from './due.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import { SnapshotDriver } from './snapshot-driver.ts';
import { getSnapshot, headOf, listSnapshots } from './snapshot-index.ts';
import { issueTicket, markStored, redeemTicket, TICKET_MS, type Ticket } from './snapshots.ts';
import type { AgentDb } from './storage.ts';
import { SupervisorError } from './supervisor-client.ts';
import { createSession } from './sessions.ts';
import { endTurn, queueTurn } from './turns.ts';
import { INITIAL_WAKE, type WakeState } from './wake.ts';

const SHA = 'c'.repeat(64);
const ready: WakeState = { ...INITIAL_WAKE, state: 'ready', generation: 1 };

/** A driver over a ready sandbox whose supervisor does what a test says. */
function world(db: AgentDb, wake: WakeState = ready) {
  writeCell(db, 'wake', wake);
  const clock = { now: NOW };
  const asked: string[] = [];
  const work: Promise<unknown>[] = [];
  const store = async ({ id }: Ticket): Promise<void> =>
    void markStored(db, { id, size: 10, sha256: SHA, now: clock.now });
  const supervisor = { answer: store };
  const record: { now: TenantRecord } = { now: makeRecord() };
  const make = (): SnapshotDriver =>
    new SnapshotDriver({
      db,
      bucket: { list: () => Promise.reject(new Error('R2')), delete: async () => undefined },
      sandbox: {
        get wake() {
          return readCell(db, 'wake') ?? INITIAL_WAKE;
        },
        supervisor: () =>
          ({
            snapshot: async (ticket: Ticket) => {
              asked.push(ticket.id);
              await supervisor.answer(ticket);
            },
          }) as never,
        demand: () => {
          asked.push(`demand ${headOf(db)}`);
          return ready;
        },
        apply: (event) => {
          asked.push(event.type);
          return ready;
        },
      },
      record: () => record.now,
      now: () => clock.now,
      waitUntil: (one) => work.push(one),
      pump: () => asked.push('pump'),
      rested: async () => undefined,
      log: () => undefined,
    });
  const rows = () => listSnapshots(db, 10).map(({ kind, state }) => `${kind} ${state}`);
  /** Somebody talked, and then nobody did for long enough. */
  const talked = (): void => {
    noteDirty(db, clock.now);
    noteActive(db, clock.now);
    clock.now += CHECKPOINT_QUIET_MS;
  };
  return { driver: make(), make, clock, asked, work, supervisor, store, rows, talked, record };
}

const dueAt = (db: AgentDb, kind: string) =>
  allDue(db).find((step) => step.kind === kind)?.at ?? null;
const hang = (): Promise<never> => new Promise(() => undefined);
const busy = (): Promise<never> =>
  Promise.reject(new SupervisorError('snapshot_busy', 'OpenClaw is at work.'));

async function refusal(ask: () => unknown): Promise<string | null> {
  try {
    await ask();
  } catch (error) {
    return asAppError(error)?.code ?? String(error);
  }
  return null;
}

function openTurn(db: AgentDb) {
  const { id: sessionId } = createSession(db, { title: undefined, maxSessions: 5, now: NOW });
  return queueTurn(db, {
    sessionId,
    clientId: 'client-id-1',
    text: 'Hello',
    by: 'Ann',
    workload: 'chat',
    maxQueued: 5,
    now: NOW,
  }).turn;
}

async function stored(db: AgentDb, now: number): Promise<string> {
  const { id } = await issueTicket(db, { kind: 'sleep', generation: 1, now });
  markStored(db, { id, size: 10, sha256: SHA, now });
  return id;
}

describe('a checkpoint', () => {
  it('is made once it is quiet, makes the agent clean, and is what comes next restores from', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, work, rows, talked, asked } = world(db);
      talked();
      driver.used();
      expect(dueAt(db, 'checkpoint')).not.toBeNull();
      await driver.checkpoint();
      await Promise.all(work);
      expect(rows()).toEqual(['checkpoint stored']);
      expect(headOf(db)).toBe(asked[0]);
      expect(dirtySince(db)).toBeNull();
    }));

  it('is never waited for by the alarm', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, rows, talked } = world(db);
      supervisor.answer = hang;
      talked();
      await driver.checkpoint();
      expect(rows()).toEqual(['checkpoint ticketed']);
    }));

  it('leaves an agent dirty in which a turn began meanwhile, and is made again', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, work, store, talked, clock, rows } = world(db);
      supervisor.answer = async (ticket) => {
        noteDirty(db, clock.now);
        await store(ticket);
      };
      talked();
      await driver.checkpoint();
      await Promise.all(work);
      expect(dirtySince(db)).toBe(clock.now);
      supervisor.answer = store;
      clock.now = dueAt(db, 'checkpoint') ?? 0;
      await driver.checkpoint();
      await Promise.all(work);
      expect(dirtySince(db)).toBeNull();
      expect(rows()).toEqual(['checkpoint stored', 'checkpoint stored']);
    }));

  it('is put off while a turn is open', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, talked, rows, clock, work } = world(db);
      const turn = openTurn(db);
      talked();
      await driver.checkpoint();
      expect(rows()).toEqual([]);
      expect(dueAt(db, 'checkpoint')).toBeGreaterThan(clock.now);
      endTurn(db, turn, { type: 'aborted', text: '', by: 'Ann' }, clock.now);
      await driver.checkpoint();
      await Promise.all(work);
      expect(rows()).toEqual(['checkpoint stored']);
    }));

  it('that meets an OpenClaw at work is no failure, and is tried again', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, work, rows, talked, clock } = world(db);
      supervisor.answer = busy;
      talked();
      await driver.checkpoint();
      await Promise.all(work);
      expect(rows()).toEqual([]);
      expect(dueAt(db, 'checkpoint')).toBe(clock.now + WATCHDOG_MS);
    }));

  it('that fails is noted, and the next comes later', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, work, rows, talked, clock } = world(db);
      supervisor.answer = () => Promise.reject(new Error('connection lost'));
      talked();
      await driver.checkpoint();
      await Promise.all(work);
      await driver.checkpoint();
      expect(rows()).toEqual(['checkpoint failed']);
      expect(dueAt(db, 'checkpoint')).toBeGreaterThan(clock.now);
    }));

  it('that the supervisor calls stored and the store does not know has failed', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, work, rows, talked } = world(db);
      supervisor.answer = async () => undefined;
      talked();
      await driver.checkpoint();
      await Promise.all(work);
      expect(rows()).toEqual(['checkpoint failed']);
      expect(dirtySince(db)).not.toBeNull();
    }));
});

describe('a snapshot whose object has died', () => {
  it('is asked for again by its watchdog, under the same id with another ticket', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, make, supervisor, store, work, asked, talked, rows } = world(db);
      const tickets: Ticket[] = [];
      supervisor.answer = (ticket) => {
        tickets.push(ticket);
        return tickets.length === 1 ? hang() : store(ticket);
      };
      talked();
      await driver.checkpoint();
      const [step] = allDue(db).filter(({ kind }) => kind === 'snapshot');
      await make().watch(step?.key ?? '');
      await work.at(-1);
      expect(asked).toEqual([step?.key, step?.key]);
      expect(tickets[0]?.ticket).not.toBe(tickets[1]?.ticket);
      expect(rows()).toEqual(['checkpoint stored']);
    }));

  it('is left alone while it is on its way to the store, and has failed when its ticket is old', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, make, supervisor, asked, talked, clock, rows } = world(db);
      supervisor.answer = async ({ id, ticket }) => {
        await redeemTicket(db, { id, ticket, generation: 1, size: 1, now: clock.now });
        return hang();
      };
      talked();
      await driver.checkpoint();
      const [step] = allDue(db).filter(({ kind }) => kind === 'snapshot');
      await expect.poll(() => getSnapshot(db, step?.key ?? '')?.ticketHash).toBeNull();
      const next = make();
      await next.watch(step?.key ?? '');
      expect(asked).toHaveLength(1);
      expect(rows()).toEqual(['checkpoint ticketed']);
      clock.now += TICKET_MS;
      await next.watch(step?.key ?? '');
      expect(rows()).toEqual(['checkpoint failed']);
    }));

  it('has failed once its sandbox is gone', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, make, supervisor, talked, rows } = world(db);
      supervisor.answer = hang;
      talked();
      await driver.checkpoint();
      const gone = { ...ready, state: 'asleep' } as const;
      writeCell(db, 'wake', gone);
      make().stateChanged(gone);
      expect(rows()).toEqual(['checkpoint failed']);
    }));
});

describe('a snapshot on demand', () => {
  it('is made of a ready agent, changed or not', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, work, rows } = world(db);
      expect(await driver.create()).toMatchObject({ kind: 'manual', generation: 1 });
      await Promise.all(work);
      expect(rows()).toEqual(['manual stored']);
      expect(driver.list()).toMatchObject([{ current: true, size: 10, sha256: SHA }]);
    }));

  it('is one at a time, also of two that are asked for at once', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, rows } = world(db);
      supervisor.answer = hang;
      const codes = await Promise.all([
        refusal(() => driver.create()),
        refusal(() => driver.create()),
      ]);
      expect(codes.toSorted()).toEqual(['conflict', null]);
      expect(rows()).toEqual(['manual ticketed']);
    }));

  it('that meets an OpenClaw at work fails, and another may be asked for at once', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, supervisor, store, work, rows } = world(db);
      supervisor.answer = busy;
      await driver.create();
      await Promise.all(work);
      expect(rows()).toEqual(['manual failed']);
      supervisor.answer = store;
      await driver.create();
      await Promise.all(work);
      expect(rows().toSorted()).toEqual(['manual failed', 'manual stored']);
    }));

  it('is refused in a turn, asleep, waking and draining', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver } = world(db);
      for (const state of ['asleep', 'starting', 'draining', 'failed'] as const) {
        writeCell(db, 'wake', { ...ready, state });
        expect(await refusal(() => driver.create())).toBe('conflict');
      }
      writeCell(db, 'wake', ready);
      openTurn(db);
      expect(await refusal(() => driver.create())).toBe('conflict');
      expect(listSnapshots(db, 10)).toEqual([]);
    }));
});

describe('a snapshot that is not wanted any more', () => {
  it('goes at once, but never the one that the next wake restores from', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver } = world(db, INITIAL_WAKE);
      const [older, newest] = [await stored(db, NOW), await stored(db, NOW + 1)];
      expect(await refusal(() => driver.remove(newest))).toBe('conflict');
      writeCell(db, 'restoreWish', older);
      expect(await refusal(() => driver.remove(older))).toBe('conflict');
      clearCell(db, 'restoreWish');
      driver.remove(older);
      driver.remove(older);
      expect(getSnapshot(db, older)?.state).toBe('deleting');
      expect(dueAt(db, 'retention')).toBe(NOW);
      expect(await refusal(() => driver.restore(older, { force: true }))).toBe('conflict');
      expect(await refusal(() => driver.locate(older))).toBe('conflict');
      expect(await refusal(() => driver.remove('unknown'))).toBe('not_found');
    }));
});

describe('going back to a snapshot', () => {
  it('of a sleeping agent moves the head and wakes it from there', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, asked } = world(db, INITIAL_WAKE);
      const [older] = [await stored(db, NOW), await stored(db, NOW + 1)];
      driver.restore(older, { force: false });
      expect(headOf(db)).toBe(older);
      expect(asked).toEqual([`demand ${older}`, 'pump']);
      expect(readCell(db, 'restoreWish')).toBeNull();
    }));

  it('of a suspended one moves the head and wakes nobody', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, asked, record } = world(db, INITIAL_WAKE);
      record.now = makeRecord({ status: 'suspended' });
      const [older] = [await stored(db, NOW), await stored(db, NOW + 1)];
      driver.restore(older, { force: false });
      expect(headOf(db)).toBe(older);
      expect(asked).toEqual(['pump']);
    }));

  it('is for what is stored or damaged, and for nothing else', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver } = world(db, INITIAL_WAKE);
      const { id } = await issueTicket(db, { kind: 'sleep', generation: 1, now: NOW });
      expect(await refusal(() => driver.restore(id, { force: true }))).toBe('conflict');
      expect(await refusal(() => driver.restore('unknown', { force: true }))).toBe('not_found');
      expect(headOf(db)).toBeNull();
    }));
});

/** The real wake machine with a fake container, and the driver that is told of its every move. */
function wholeWorld(db: AgentDb) {
  const sandbox = new FakeSandbox();
  const record = makeRecord();
  const clock = { now: NOW };
  const make = () => {
    const common = { db, record: () => record, now: () => clock.now, log: () => undefined };
    const driver: SandboxDriver = new SandboxDriver({
      ...common,
      container: sandbox,
      egress: () => ({}) as Fetcher,
      policy: async () => SEED_POLICY,
      safeTools: false,
      changed: (wake) => snapshots.stateChanged(wake),
    });
    const snapshots: SnapshotDriver = new SnapshotDriver({
      ...common,
      bucket: {} as R2Bucket,
      sandbox: driver,
      waitUntil: () => undefined,
      pump: () => undefined,
      rested: async () => undefined,
    });
    return { driver, snapshots };
  };
  const store = ({ id }: { id: string }): void =>
    void markStored(db, { id, size: 10, sha256: SHA, now: clock.now });
  sandbox.onSnapshot = store;
  return { sandbox, clock, store, make, ...make() };
}
const restoredFrom = (sandbox: FakeSandbox): string | null =>
  (JSON.parse(sandbox.starts.at(-1)?.env['SK_RESTORE'] || 'null') as { id: string } | null)?.id ??
  null;

describe('going back from a running agent', () => {
  async function awake(db: AgentDb) {
    const older = await stored(db, NOW - 1_000);
    const made = wholeWorld(db);
    made.driver.demand(false);
    await made.driver.drive();
    noteDirty(db, NOW);
    return { ...made, older };
  }

  it('saves what runs first, then starts the older state as a new generation', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, snapshots, sandbox, older } = await awake(db);
      snapshots.restore(older, { force: false });
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
      expect(restoredFrom(sandbox)).toBe(older);
      const [saved] = listSnapshots(db, 1);
      expect(saved).toMatchObject({ kind: 'sleep', state: 'stored' });
      expect(saved?.id).not.toBe(older);
      expect(headOf(db)).toBe(older);
    }));

  it('survives the death of the object in between', () =>
    freshAgent().inside(async ({ db }) => {
      const { snapshots, sandbox, older, make } = await awake(db);
      snapshots.restore(older, { force: false });
      const next = make();
      expect(await next.driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
      expect(restoredFrom(sandbox)).toBe(older);
      expect(readCell(db, 'restoreWish')).toBeNull();
    }));

  it('waits when the state can’t be saved, and does not when an operator insists', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, snapshots, sandbox, older } = await awake(db);
      sandbox.onSnapshot = () => {
        throw new Error('R2 is down');
      };
      snapshots.restore(older, { force: false });
      expect(await driver.drive()).toMatchObject({ state: 'draining' });
      expect(readCell(db, 'restoreWish')).toBe(older);
      driver.apply({ type: 'drain', force: true });
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
      expect(restoredFrom(sandbox)).toBe(older);
    }));

  it('replaces a wake under way only by force', () =>
    freshAgent().inside(async ({ db }) => {
      const older = await stored(db, NOW - 1_000);
      const newest = await stored(db, NOW);
      const { driver, snapshots, sandbox } = wholeWorld(db);
      driver.demand(false);
      const waking = driver.drive();
      expect(await refusal(() => snapshots.restore(older, { force: false }))).toBe('conflict');
      snapshots.restore(older, { force: true });
      await waking;
      expect(await driver.drive()).toMatchObject({ state: 'ready', generation: 2 });
      expect(restoredFrom(sandbox)).toBe(older);
      expect(getSnapshot(db, newest)?.state).toBe('stored');
    }));

  it('a late snapshot of the generation before does not become the head', () =>
    freshAgent().inside(async ({ db }) => {
      const { driver, snapshots, older } = await awake(db);
      const late = await issueTicket(db, { kind: 'checkpoint', generation: 1, now: NOW + 5 });
      snapshots.restore(older, { force: false });
      await driver.drive();
      expect(markStored(db, { id: late.id, size: 1, sha256: SHA, now: NOW })).toBe(false);
      expect(headOf(db)).toBe(older);
    }));
});

describe('a restore that does not verify', () => {
  it('stops the boot, names the snapshot and overwrites nothing', () =>
    freshAgent().inside(async ({ db }) => {
      const older = await stored(db, NOW - 1_000);
      const newest = await stored(db, NOW);
      const { driver, snapshots, sandbox, clock } = wholeWorld(db);
      sandbox.scripts.push(['restoring', 'failed']);
      driver.demand(false);
      const { state, failure } = await driver.drive();
      expect(state).toBe('failed');
      expect(failure).toMatchObject({ code: 'restore_corrupt', nextTryAt: null });
      expect(failure?.message).toContain(newest);
      expect(failure?.message).toContain('restore an older');
      expect(getSnapshot(db, newest)?.state).toBe('damaged');
      expect(headOf(db)).toBe(newest);
      expect(allDue(db).map(({ kind }) => kind)).not.toContain('wake');

      // Nobody but an operator starts it again, and never from something older by itself.
      clock.now += 3_600_000;
      expect(driver.demand(false).state).toBe('failed');
      snapshots.restore(older, { force: false });
      expect(await driver.drive()).toMatchObject({ state: 'ready' });
      expect(restoredFrom(sandbox)).toBe(older);
      expect(getSnapshot(db, newest)?.state).toBe('damaged');
    }));

  it('leaves the head where it was, in an agent of before it was written down too', () =>
    freshAgent().inside(async ({ db }) => {
      await stored(db, NOW - 1_000);
      const newest = await stored(db, NOW);
      clearCell(db, 'head');
      const { driver, sandbox } = wholeWorld(db);
      sandbox.scripts.push(['restoring', 'failed']);
      driver.demand(false);
      await driver.drive();
      expect(headOf(db)).toBe(newest);
    }));
});
