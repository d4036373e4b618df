import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeConfig } from '../sandbox/supervisor/config-files.ts';
import { findOpenClaw } from '../sandbox/supervisor/install.ts';
import { layoutOf } from '../sandbox/supervisor/layout.ts';
import { LogRing } from '../sandbox/supervisor/log-ring.ts';
import { openclawCommand } from '../sandbox/supervisor/openclaw-command.ts';
import { startOpenClaw } from '../sandbox/supervisor/openclaw-process.ts';
import { freePort, untilReady } from '../sandbox/supervisor/readiness.ts';
import type { OpenClawSettings } from '../sandbox/supervisor/settings.ts';
import { unpack } from '../sandbox/supervisor/unpack.ts';
import type { Boot } from './boot.ts';
import { cpuSecondsOf } from './process-cpu.ts';

/**
 * Starts OpenClaw without the system: the tree of a snapshot unpacked into a new folder, the same
 * config, command line and environment as the supervisor's. The clock runs from the start of the
 * process to `/readyz` answering 200; unpacking and writing the config come before it, which is in
 * favour of this side. OpenClaw is ended again before this returns.
 */
export async function bootByHand(input: {
  snapshotFile: string;
  openclaw: OpenClawSettings;
}): Promise<Boot> {
  const dataDir = await mkdtemp(join(tmpdir(), 'skm-by-hand-'));
  try {
    const layout = layoutOf(dataDir);
    await mkdir(layout.tree, { recursive: true, mode: 0o700 });
    await unpack(input.snapshotFile, layout.tree);
    for (const folder of [layout.home, layout.logs])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeConfig(layout, input.openclaw);
    const port = await freePort();
    const command = openclawCommand({
      entry: findOpenClaw().entry,
      layout,
      port,
      gatewayToken: 'by-hand',
      // Nothing listens there: a boot makes no model call.
      modelsUrl: 'http://127.0.0.1:9/v1',
      memoryMb: input.openclaw.memoryMb,
      path: process.env['PATH'] ?? '',
    });
    return await measure(command, port);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
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
