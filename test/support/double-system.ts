import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem, type System } from '../../local/runner/system.ts';
import type { WorkerVars } from '../../local/runner/settings.ts';
import { prepareDouble } from '../doubles/openclaw/index.ts';
import { freePort } from './free-port.ts';

/**
 * The full local stack with the double of OpenClaw in its containers, for what is about our side and
 * would cost a boot of the real one each time. `stop` leaves nothing behind.
 */
export async function startDoubleSystem(
  vars: WorkerVars = {},
): Promise<{ system: System; stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'skm-double-'));
  try {
    const system = await startSystem({
      stateDir: join(dir, 'state'),
      port: await freePort(),
      containerCommand: await prepareDouble(join(dir, 'double')),
      vars,
    });
    return {
      system,
      async stop() {
        await system.stop({ sleepFirst: false });
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}
