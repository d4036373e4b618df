import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem, type System, type SystemOptions } from '../../local/runner/system.ts';
import { prepareDouble } from '../doubles/openclaw/index.ts';
import { freePort } from './free-port.ts';

export interface ScratchSystem {
  system: System;
  /** Stops it as it is, agents awake or not, and leaves nothing behind. */
  stop(): Promise<void>;
}

/**
 * The full local stack in a folder of its own. With the double of OpenClaw in its containers it serves
 * what is about our side and would cost a boot of the real one each time.
 */
export async function startScratchSystem({
  openclaw,
  ...options
}: { openclaw: 'real' | 'double' } & Pick<
  SystemOptions,
  'vars' | 'tokensPerSecond' | 'say'
>): Promise<ScratchSystem> {
  const dir = await mkdtemp(join(tmpdir(), 'skm-scratch-'));
  const clear = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const system = await startSystem({
      ...options,
      stateDir: join(dir, 'state'),
      port: await freePort(),
      containerCommand:
        openclaw === 'double' ? await prepareDouble(join(dir, 'double')) : undefined,
    });
    return { system, stop: () => system.stop({ sleepFirst: false }).finally(clear) };
  } catch (error) {
    await clear();
    throw error;
  }
}
