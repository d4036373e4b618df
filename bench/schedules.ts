import type { System } from '../local/runner/system.ts';
import { newTenant } from '../test/support/agents.ts';
import { startScratchSystem } from '../test/support/scratch-system.ts';
import type { Findings } from './report.ts';
import { ScheduledTenant, type WatchedRun } from './scheduled-tenant.ts';
import { spreadOf } from './statistics.ts';

/** A turn is sent at most this long after its schedule's time, ms. */
const MAX_LATE_MS = 2_000;
/** Short enough for an agent to sleep between two minutes, ms. */
const IDLE_MS = 5_000;
/** Tenants and minutes with the double: twenty runs, five at the same moment each time. */
const DOUBLE = { tenants: 5, minutes: 4 };
/** With the real OpenClaw a wake takes both cores: one at a time. */
const REAL = { tenants: 1, minutes: 2 };

const NOTES = [
  'Each tenant (enterprise) has a schedule of one run a minute and sleeps between them: idle time 5 s.',
  'late   from the schedule’s time until its turn is handed to OpenClaw, both by the agent’s clock.',
  'asleep seen asleep between the run before and this one’s time, and again after it.',
];

/**
 * Runs schedules that are due while their agents sleep, on the full local stack with the double of
 * OpenClaw; with `real` one tenant and the real one, whose figures are reported and promise nothing.
 */
export async function benchSchedules({ real = false }: { real?: boolean }): Promise<Findings> {
  const { tenants, minutes } = real ? REAL : DOUBLE;
  const { system, stop } = await startScratchSystem({
    openclaw: real ? 'real' : 'double',
    tokensPerSecond: 0,
    vars: { IDLE_MS_OVERRIDE: String(IDLE_MS) },
    say: console.log,
  });
  try {
    return findingsOf(await measure(system, { tenants, minutes }), { tenants, minutes, real });
  } finally {
    await stop();
  }
}

async function measure(
  system: System,
  { tenants, minutes }: { tenants: number; minutes: number },
): Promise<WatchedRun[]> {
  const subjects: ScheduledTenant[] = [];
  for (let n = 0; n < tenants; n += 1) {
    const { id, slug } = await newTenant(system.url, 'enterprise');
    subjects.push(new ScheduledTenant(system.url, { id, slug }));
  }
  const watched = await Promise.all(subjects.map((subject) => subject.watch(minutes)));
  return watched.flat();
}

function findingsOf(
  runs: WatchedRun[],
  { tenants, minutes, real }: { tenants: number; minutes: number; real: boolean },
): Findings {
  const table = runs.map(({ slug, run, lateMs, sleptBefore, sleptAfter }) => ({
    tenant: slug,
    due: new Date(run.dueAt).toISOString().slice(11, 19),
    state: run.state,
    'late ms': lateMs === null ? '-' : String(lateMs),
    'took ms': run.startedAt && run.endedAt ? String(run.endedAt - run.startedAt) : '-',
    asleep: sleptBefore && sleptAfter ? 'before, after' : 'NO',
    'cost nano$': String(run.costNano),
  }));
  const wanted = tenants * minutes;
  const late = runs.flatMap(({ lateMs }) => lateMs ?? []);
  const missing = (holds: (run: WatchedRun) => boolean): number =>
    wanted - runs.filter(holds).length;
  const bounds = [
    { name: 'latest start, ms', measured: Math.max(...late), limit: MAX_LATE_MS },
    { name: `of ${wanted} runs not answered`, measured: missing(isDone), limit: 0 },
    { name: `of ${wanted} runs not from and to sleep`, measured: missing(isAsleep), limit: 0 },
    { name: `of ${wanted} runs listed without cost`, measured: missing(hasCost), limit: 0 },
  ];
  const spread = late.length > 0 ? [`late, ms: ${JSON.stringify(spreadOf(late))}`] : [];
  const notes = [...NOTES, ...spread];
  return { notes, table, bounds: real ? [] : bounds, details: runs };
}

const isDone = ({ run, lateMs }: WatchedRun): boolean => run.state === 'done' && lateMs !== null;
const isAsleep = ({ sleptBefore, sleptAfter }: WatchedRun): boolean => sleptBefore && sleptAfter;
const hasCost = ({ run }: WatchedRun): boolean => run.costNano > 0 && run.tokensOut > 0;
