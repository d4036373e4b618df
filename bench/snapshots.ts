import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf } from '../sandbox/supervisor/layout.ts';
import { inspect, newTenant, untilAgent } from '../test/support/agents.ts';
import { containerOf } from '../test/support/engine-view.ts';
import { MemberClient } from '../test/support/member.ts';
import { familyOf } from '../test/support/processes.ts';
import { startScratchSystem } from '../test/support/scratch-system.ts';
import { storedSnapshots } from '../test/support/stored-snapshots.ts';
import { LocalAdmin } from '../local/runner/admin.ts';
import type { System } from '../local/runner/system.ts';
import type { Findings } from './report.ts';

const MIB = 1024 ** 2;
/** What the agent's workspace holds, in MiB: little, and as much as a local disk takes in its stride. */
const SIZES_MIB = [16, 512];
/** How much more memory workerd may take for the large snapshot than for the small one, in MiB. */
const MAX_GROWTH_MIB = 96;
const SAMPLE_EVERY_MS = 50;

interface Transfer {
  sizeMib: number;
  storedMib: number;
  saveMs: number;
  wakeMs: number;
  downloadMs: number;
  /** Most memory that workerd had resident while it was saved, restored and downloaded, in MiB. */
  peakMib: number;
}

/**
 * Saves, restores and downloads a small and a large agent through one workerd, and compares how much
 * memory that takes: everything streams, so the size must not matter.
 */
export async function benchSnapshots(): Promise<Findings> {
  const { system, stop } = await startScratchSystem({ openclaw: 'double' });
  try {
    const transfers: Transfer[] = [];
    for (const sizeMib of SIZES_MIB) transfers.push(await transfer(system, sizeMib));
    return findingsOf(transfers);
  } finally {
    await stop();
  }
}

async function transfer(system: System, sizeMib: number): Promise<Transfer> {
  const { url, stateDir } = system;
  const { id, invite } = await newTenant(url);
  const admin = new LocalAdmin(url);
  const member = await MemberClient.join(invite.url);
  const session = await member.createSession();
  const socket = await member.socket();
  socket.send({ type: 'subscribe', sessionId: session.id, after: 0 });
  await socket.say(session.id, 'Hello.');
  const { dir } = await containerOf({ engineSocket: system.engine?.socketPath ?? '' }, id);
  await writeNoise(join(layoutOf(join(dir, 'data')).workspace, 'noise.bin'), sizeMib);

  const memory = watchMemory(system.worker.pid);
  try {
    const saveMs = await timed(async () => {
      await admin.sleep(id);
      await untilAgent(url, id, ({ agent }) => agent.state === 'asleep');
    });
    const wakeMs = await timed(async () => {
      await admin.call('POST', `/agents/${id}/wake`);
      await untilAgent(url, id, ({ agent }) => agent.state === 'ready');
    });
    const { snapshots } = await inspect(url, id);
    const newest = storedSnapshots(stateDir, id).at(-1);
    const size = snapshots.find((one) => one.id === newest?.id)?.size ?? Number.NaN;
    const downloadMs = await timed(async () => {
      const path = `/admin/api/agents/${id}/snapshots/${newest?.id}/download`;
      const { body } = await fetch(url + path);
      let bytes = 0;
      for await (const chunk of body ?? []) bytes += chunk.length;
      if (bytes !== size) throw new Error(`${bytes} of ${size} bytes came`);
    });
    const storedMib = size / MIB;
    return { sizeMib, storedMib, saveMs, wakeMs, downloadMs, peakMib: memory.stop() };
  } finally {
    memory.stop();
    socket.close();
  }
}

/** Random bytes, which no compression makes smaller. */
async function writeNoise(path: string, sizeMib: number): Promise<void> {
  await using file = await open(path, 'w');
  const chunk = Buffer.alloc(MIB);
  for (let n = 0; n < sizeMib; n += 1) await file.write(randomFillSync(chunk));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}

/** Samples what workerd has resident; `stop` answers the most, in MiB. */
function watchMemory(wranglerPid: number): { stop(): number } {
  const workerd = familyOf(wranglerPid).filter(({ args }) => args[0]?.endsWith('/workerd'));
  if (workerd.length === 0) throw new Error('no workerd runs');
  let peak = 0;
  const sample = (): void => {
    const kib = workerd.map(({ pid }) =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0),
    );
    peak = Math.max(peak, kib.reduce((sum, one) => sum + one, 0) / 1024);
  };
  sample();
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

function findingsOf(transfers: Transfer[]): Findings {
  const table = transfers.map((one) => ({
    'workspace MiB': String(one.sizeMib),
    'stored MiB': one.storedMib.toFixed(1),
    'save ms': String(one.saveMs),
    'wake ms': String(one.wakeMs),
    'download ms': String(one.downloadMs),
    'workerd peak MiB': one.peakMib.toFixed(0),
  }));
  const [small, large] = transfers;
  const growth = (large?.peakMib ?? Number.NaN) - (small?.peakMib ?? Number.NaN);
  return {
    notes: [
      'An agent with random bytes in its workspace is saved, restored and downloaded through workerd.',
      'peak   most resident memory of workerd meanwhile, the local R2 in it included.',
    ],
    table,
    bounds: [
      { name: 'more memory for the large one, MiB', measured: growth, limit: MAX_GROWTH_MIB },
    ],
    details: transfers,
  };
}
