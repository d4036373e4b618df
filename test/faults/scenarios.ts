import { setTimeout as pause } from 'node:timers/promises';
import { scheduleView } from '../../contract/schedules.ts';
import type { EgressRequest } from '../../local/engine/egress.ts';
import type { Phase, Target } from './points.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** A phase that has not begun by then will not: the round tries again, ms. */
const PHASE_TIMEOUT_MS = { double: 25_000, real: 120_000 };
/** Between looks at what is not told, ms. */
const POLL_MS = 4;

/** A phase brought about: when its promise resolves it has begun, and `isOn` tells whether it still is. */
export interface Scenario {
  begun: Promise<boolean>;
  isOn(): boolean;
}

interface Stage {
  world: World;
  subject: Subject;
  target: Target;
  /** Sends the member's next message; answers its id. */
  say(): string;
}

/** Brings a tenant's agent into a phase. The promise rejects when the way there is barred. */
export async function enter(phase: Phase, stage: Stage): Promise<Scenario> {
  const { world, subject, target } = stage;
  const isWanted = target === 'egress' ? EGRESS_OF[phase] : undefined;
  // Armed before: the request may be quicker than the answer that tells of its reason.
  const arrived = isWanted && limited(egress(world, subject, isWanted), world);
  const scenario = await ENTRANCES[phase](stage);
  // Whether the request still goes on, the cut itself tells.
  return arrived ? { begun: arrived, isOn: () => true } : scenario;
}

const EGRESS_OF: Partial<Record<Phase, (request: EgressRequest) => boolean>> = {
  turn: ({ method }) => method === 'POST',
  schedule: ({ method }) => method === 'POST',
  checkpoint: ({ method }) => method === 'PUT',
  drain: ({ method }) => method === 'PUT',
  restore: ({ method }) => method === 'GET',
};

const ENTRANCES: Record<Phase, (stage: Stage) => Promise<Scenario>> = {
  async turn(stage) {
    const { subject } = stage;
    const id = stage.say();
    return watch(stage, () => subject.client.isRunning(subject.chat, subject.client.turnOf(id)));
  },

  async schedule(stage) {
    const { subject } = stage;
    const { client, jobs } = subject;
    const known = new Set(turnsOf(subject));
    const isOver = (): boolean => [...known].every((id) => client.hasEnded(jobs, id));
    if (!(await client.when(isOver, timeoutMs(stage)))) throw new Error('a run is still on');
    await runSchedule(subject);
    return watch(stage, () => {
      const turn = turnsOf(subject).find((id) => !known.has(id));
      return turn !== undefined && client.isRunning(jobs, turn);
    });
  },

  async checkpoint(stage) {
    const { subject } = stage;
    await saySomething(stage);
    const scenario = watch(stage, () => subject.isSnapshotting());
    await subject.admin('POST', '/snapshots');
    return scenario;
  },

  async drain(stage) {
    const { subject } = stage;
    await saySomething(stage);
    const scenario = watch(stage, () => subject.client.agent?.state === 'draining');
    await subject.admin('POST', '/sleep', { force: false });
    return scenario;
  },

  async restore(stage) {
    const { subject } = stage;
    await sleepSaved(stage);
    const scenario = watch(stage, () => subject.client.agent?.state === 'restoring');
    stage.say();
    return scenario;
  },

  async boot(stage) {
    const { subject } = stage;
    await sleepSaved(stage);
    // Before that there is neither a process nor a connection that lasts.
    const isLate = stage.target === 'openclaw' || stage.target === 'tunnel';
    const wanted = isLate ? ['booting'] : ['starting', 'booting'];
    const scenario = watch(
      stage,
      () =>
        wanted.includes(subject.client.agent?.state ?? '') &&
        (stage.target !== 'openclaw' || subject.openclawPid() !== null),
    );
    stage.say();
    return scenario;
  },
};

const timeoutMs = ({ world }: Pick<Stage, 'world'>): number =>
  world.isReal ? PHASE_TIMEOUT_MS.real : PHASE_TIMEOUT_MS.double;

/** The turns of its schedule, as its member has seen them. */
function turnsOf(subject: Subject): string[] {
  const events = [...(subject.client.sessions.get(subject.jobs)?.events.values() ?? [])];
  return events.flatMap(({ turnId, data }) => (data.type === 'user' ? [turnId] : []));
}

function watch({ world }: Stage, isOn: () => boolean): Scenario {
  return { begun: limited(until(isOn), world), isOn };
}

/** Waits for something that nobody tells; ends by the limit around it. */
function until(holds: () => boolean): { done: Promise<void>; stop(): void } {
  const stopped = new AbortController();
  const look = async (): Promise<void> => {
    while (!stopped.signal.aborted && !holds()) await pause(POLL_MS);
  };
  return { done: look(), stop: () => stopped.abort() };
}

function egress(
  world: World,
  subject: Subject,
  isWanted: (request: EgressRequest) => boolean,
): { done: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = world.onEgress((request, tenantId) => {
    if (tenantId === subject.tenantId && isWanted(request)) resolve();
  });
  return { done: promise, stop };
}

/** Whether it came about in time. */
async function limited(
  wait: { done: Promise<void>; stop(): void },
  world: World,
): Promise<boolean> {
  const limit = new AbortController();
  const late = pause(timeoutMs({ world }), false, { signal: limit.signal }).catch(() => false);
  try {
    return await Promise.race([wait.done.then(() => true), late]);
  } finally {
    wait.stop();
    limit.abort();
  }
}

/** One message and its answer: the agent is awake afterwards, and has something to save. */
async function saySomething(stage: Stage): Promise<void> {
  const { subject } = stage;
  const id = stage.say();
  const isAnswered = await subject.client.when(
    () => subject.client.endOf(id) !== null,
    timeoutMs(stage),
  );
  if (!isAnswered) throw new Error('the message before was not answered');
}

/** The agent sleeps, and has a snapshot to wake from. */
async function sleepSaved(stage: Stage): Promise<void> {
  const { subject } = stage;
  await saySomething(stage);
  await subject.admin('POST', '/sleep', { force: false });
  const isAsleep = await subject.client.when(
    () => subject.client.agent?.state === 'asleep',
    timeoutMs(stage),
  );
  if (!isAsleep) throw new Error('the agent did not fall asleep');
}

/** Runs the tenant's schedule once; it is made the first time. */
async function runSchedule(subject: Subject): Promise<void> {
  const answer = (await subject.call('GET', '/api/schedules')) as { schedules: unknown[] };
  const known = answer.schedules[0];
  const schedule = scheduleView.parse(
    known ??
      (await subject.call('POST', '/api/schedules', {
        name: 'job',
        // Far away: the harness runs it by hand.
        cron: '0 0 1 1 *',
        prompt: 'the job of this agent',
        sessionId: subject.jobs,
      })),
  );
  await subject.call('POST', `/api/schedules/${schedule.id}/run`);
}
