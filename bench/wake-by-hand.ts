import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeConfig } from '../sandbox/supervisor/config-files.ts';
import { findOpenClaw } from '../sandbox/supervisor/install.ts';
import { layoutOf } from '../sandbox/supervisor/layout.ts';
import { LogRing } from '../sandbox/supervisor/log-ring.ts';
import { openclawCommand } from '../sandbox/supervisor/openclaw-command.ts';
import { startOpenClaw } from '../sandbox/supervisor/openclaw-process.ts';
import { freePort, untilReady } from '../sandbox/supervisor/readiness.ts';
import type { Settings } from '../sandbox/supervisor/settings.ts';
import { unpack } from '../sandbox/supervisor/unpack.ts';
import type { Boot } from './boot.ts';
import { cpuSecondsOf } from './process-cpu.ts';

/**
 * Starts OpenClaw without the system: the tree of a snapshot unpacked where the sleeping agent's
 * container had it, with the same config, command line and environment as the supervisor's; in
 * another place OpenClaw would repeat its startup migrations. The clock runs from the start of the
 * process to `/readyz` answering 200; unpacking and writing the config come before it, which is in
 * favour of this side. OpenClaw is ended again, and its folder gone, before this returns.
 */
export async function bootByHand(input: {
  snapshotFile: string;
  settings: Settings;
}): Promise<Boot> {
  const { dataDir, modelsUrl, openclaw } = input.settings;
  try {
    const layout = layoutOf(dataDir);
    await mkdir(layout.tree, { recursive: true, mode: 0o700 });
    await unpack(input.snapshotFile, layout.tree);
    for (const folder of [layout.home, layout.logs])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeConfig(layout, openclaw);
    const port = await freePort();
    const command = openclawCommand({
      entry: findOpenClaw().entry,
      layout,
      port,
      gatewayToken: 'by-hand',
      // Nothing listens there any more: a boot makes no model call.
      modelsUrl,
      memoryMb: openclaw.memoryMb,
      path: process.env['PATH'] ?? '',
    });
    return await measure(command, port);
  } finally {
    await rm(dirname(dataDir), { recursive: true, force: true });
  }
}

async function measure(
  command: Parameters<typeof startOpenClaw>[0]['command'],
  port: number,
): Promise<Boot> {
  const ring = new LogRing((text) => text);
  const start = performance.now();
  const openclaw = await startOpenClaw({ command, identity: null, engineFd: null, ring });
  const ended = new AbortController();
  const exited = openclaw.exited.finally(() => ended.abort());
  try {
    if (!(await untilReady(port, ended.signal)))
      throw new Error(`OpenClaw by hand did not become ready: ${openclaw.lastErrors().join('\n')}`);
    const wallMs = performance.now() - start;
    const openclawCpuSeconds = cpuSecondsOf(openclaw.pid);
    return { wallMs, openclawCpuSeconds, otherCpuSeconds: {}, stagesMs: {} };
  } finally {
    await openclaw.stop();
    await exited;
  }
}
