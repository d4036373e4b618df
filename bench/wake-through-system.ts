import { LocalAdmin } from '../local/runner/admin.ts';
import type { System } from '../local/runner/system.ts';
import { familyOf, listProcesses } from '../sandbox/supervisor/processes.ts';
import { readSettings, type Settings } from '../sandbox/supervisor/settings.ts';
import { asleep } from '../test/support/agents.ts';
import type { ChatSocket } from '../test/support/chat-socket.ts';
import { type SeenContainer, containerOf } from '../test/support/engine-view.ts';
import type { Boot } from './boot.ts';
import { cpuSecondsOf } from './process-cpu.ts';

/** A tenant's agent, and a member's open chat socket that follows it. */
export interface Followed {
  tenantId: string;
  socket: ChatSocket;
}

/**
 * Wakes a sleeping agent as an operator does. The clock runs from sending `POST …/wake` until a
 * client on the chat socket is told `ready`: container, restore, config and boot included. The
 * agent is asleep again when this returns.
 */
export async function wakeThroughSystem(
  system: System,
  { tenantId, socket }: Followed,
): Promise<{ boot: Boot; settings: Settings }> {
  const before = cpuOfSystem(system);
  const told = socket.frames.length;
  const start = performance.now();
  await new LocalAdmin(system.url).call('POST', `/agents/${tenantId}/wake`);
  const seen = await socket.until((frame) => {
    if (frame.type !== 'agent' || socket.frames.indexOf(frame) < told) return false;
    return frame.agent.state === 'ready' || frame.agent.state === 'failed';
  });
  const wallMs = performance.now() - start;
  const after = cpuOfSystem(system);
  if (seen.type !== 'agent' || seen.agent.state !== 'ready')
    throw new Error(`the agent did not wake: ${JSON.stringify(seen)}`);
  const container = await containerOf({ engineSocket: system.engine?.socketPath ?? '' }, tenantId);
  const openclawCpuSeconds = cpuSecondsOf(await openclawPid(container));
  const boot: Boot = {
    wallMs,
    openclawCpuSeconds,
    otherCpuSeconds: {
      supervisor: cpuSecondsOf(container.pid) - openclawCpuSeconds,
      workerd: after.workerd - before.workerd,
      engine: after.engine - before.engine,
    },
    stagesMs: Object.fromEntries(seen.agent.timings.map(({ stage, ms }) => [stage, ms])),
  };
  const settings = settingsOf(container);
  await asleep(system.url, tenantId);
  return { boot, settings };
}

/** The engine runs in this process, beside the bench itself, which only waits. */
function cpuOfSystem(system: System): { workerd: number; engine: number } {
  const { user, system: kernel } = process.cpuUsage();
  return { workerd: cpuSecondsOf(system.worker.pid), engine: (user + kernel) / 1e6 };
}

/** OpenClaw is the only child of the supervisor, which is the container's main process. */
async function openclawPid({ pid }: SeenContainer): Promise<number> {
  const family = familyOf(pid, (await listProcesses()) ?? []);
  const child = family.find(({ ppid }) => ppid === pid);
  if (child === undefined) throw new Error('no OpenClaw runs in the container');
  return child.pid;
}

/** What the agent told this generation's supervisor. */
function settingsOf({ environ }: SeenContainer): Settings {
  const env = environ.split('\0').map((line): [string, string] => {
    const cut = line.indexOf('=');
    return [line.slice(0, cut), line.slice(cut + 1)];
  });
  return readSettings(Object.fromEntries(env));
}
