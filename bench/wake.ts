import { loadavg } from 'node:os';
import type { System } from '../local/runner/system.ts';
import { asleep, newTenant } from '../test/support/agents.ts';
import { MemberClient } from '../test/support/member.ts';
import { startScratchSystem } from '../test/support/scratch-system.ts';
import { storedSnapshots } from '../test/support/stored-snapshots.ts';
import type { Boot } from './boot.ts';
import type { Findings } from './report.ts';
import { spreadOf } from './statistics.ts';
import { bootByHand } from './wake-by-hand.ts';
import { type Followed, wakeThroughSystem } from './wake-through-system.ts';

/** A wake from R2, restore included, against OpenClaw started by hand on the same state. */
const MAX_RATIO = 1.1;
/** Rounds unless told otherwise: one odd measurement does not move the median of seven. */
const DEFAULT_ROUNDS = 7;

const SIDES = ['hand', 'restored', 'fresh'] as const;
type Side = (typeof SIDES)[number];
type Measured = Record<Side, (Boot & { load: number })[]>;

const NOTES = [
  'hand      OpenClaw started on the unpacked newest snapshot, in the same place, with the same config',
  '          and flags: process start to /readyz. Unpacking comes before the clock starts.',
  'restored  POST …/wake on the sleeping agent until a chat socket is told `ready`: container,',
  '          supervisor, download, digest, unpacking, config and boot.',
  'fresh     The same for a new tenant’s first wake: nothing to restore.',
  'One OpenClaw at a time, sides in turn; compile cache and page cache are warm for all.',
];

/**
 * Measures wakes on the full local stack with the real OpenClaw, side by side with OpenClaw by
 * hand, `rounds` times, in alternating order so that a machine that slows down slows all.
 */
export async function benchWake({
  rounds = DEFAULT_ROUNDS,
}: {
  rounds?: number;
}): Promise<Findings> {
  const { system, stop } = await startScratchSystem({
    openclaw: 'real',
    tokensPerSecond: 0,
    say: console.log,
  });
  try {
    return findingsOf(await measure(system, rounds));
  } finally {
    await stop();
  }
}

async function measure(system: System, rounds: number): Promise<Measured> {
  const measured: Measured = { hand: [], restored: [], fresh: [] };
  const agent = await agentWithHistory(system);
  const { settings } = await wakeThroughSystem(system, agent);
  const snapshotFile = storedSnapshots(system.stateDir, agent.tenantId).at(-1)?.file;
  if (snapshotFile === undefined) throw new Error('the agent was not saved');
  const run: Record<Side, () => Promise<Boot>> = {
    hand: () => bootByHand({ snapshotFile, settings }),
    restored: async () => (await wakeThroughSystem(system, agent)).boot,
    fresh: () => freshWake(system),
  };
  // Compile cache and page cache are filled before anything counts, for every side alike.
  await run.hand();
  for (let round = 1; round <= rounds; round++)
    for (const side of round % 2 === 1 ? SIDES : SIDES.toReversed()) {
      const load = loadavg()[0] ?? NaN;
      const boot = { ...(await run[side]()), load };
      measured[side].push(boot);
      console.log(`round ${round} of ${rounds}  ${side.padEnd(8)}  ${describe(boot)}`);
    }
  return measured;
}

/** A tenant whose agent has spoken, kept a file and gone to sleep. */
async function agentWithHistory(system: System): Promise<Followed> {
  const followed = await newFollowed(system);
  const { member, socket, tenantId } = followed;
  const { id } = await member.createSession('Bench');
  socket.send({ type: 'subscribe', sessionId: id, after: 0 });
  const note = JSON.stringify({ path: 'note.txt', content: 'kept through sleep' });
  await socket.say(id, `Please keep a note.\n!tool write ${note}`);
  await socket.say(id, 'What did you keep?');
  await asleep(system.url, tenantId);
  return followed;
}

async function freshWake(system: System): Promise<Boot> {
  const followed = await newFollowed(system);
  try {
    return (await wakeThroughSystem(system, followed)).boot;
  } finally {
    followed.socket.close();
  }
}

async function newFollowed(system: System): Promise<Followed & { member: MemberClient }> {
  const tenant = await newTenant(system.url);
  const member = await MemberClient.join(tenant.invite.url);
  return { tenantId: tenant.id, member, socket: await member.socket() };
}

function findingsOf(measured: Measured): Findings {
  const wall = (side: Side) => spreadOf(measured[side].map(({ wallMs }) => wallMs));
  const cpu = (side: Side) => spreadOf(measured[side].map((boot) => boot.openclawCpuSeconds));
  const ratio = wall('restored').median / wall('hand').median;
  return {
    notes: NOTES,
    table: SIDES.map((side) => rowOf(side, measured[side])),
    bounds: [{ name: 'restored / hand, medians', measured: ratio, limit: MAX_RATIO }],
    details: { ratio, cpuRatio: cpu('restored').median / cpu('hand').median, measured },
  };
}

function rowOf(side: Side, boots: readonly Boot[]): Record<string, string> {
  const wall = spreadOf(boots.map(({ wallMs }) => wallMs));
  const cpu = spreadOf(boots.map((boot) => boot.openclawCpuSeconds));
  const medians = (pick: (boot: Boot) => Record<string, number>): [string, number][] =>
    Object.keys(pick(boots[0] as Boot)).map((name) => [
      name,
      spreadOf(boots.map((boot) => pick(boot)[name] ?? NaN)).median,
    ]);
  return {
    start: side,
    'median s': seconds(wall.median),
    'min s': seconds(wall.min),
    'max s': seconds(wall.max),
    'OpenClaw CPU s': cpu.median.toFixed(1),
    ...Object.fromEntries(
      medians((boot) => boot.otherCpuSeconds).map(([name, s]) => [`${name} CPU s`, s.toFixed(2)]),
    ),
    ...Object.fromEntries(
      medians((boot) => boot.stagesMs).map(([name, ms]) => [`${name} s`, seconds(ms)]),
    ),
  };
}

function describe(boot: Boot & { load: number }): string {
  const cpu = boot.openclawCpuSeconds.toFixed(1);
  return `${seconds(boot.wallMs)} s, ${cpu} CPU-s, load ${boot.load.toFixed(1)}`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}
