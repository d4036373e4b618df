import { join } from 'node:path';
import { ROOT } from '../../local/runner/paths.ts';
import { type Program, startProgram } from './program.ts';
import { WORKERD } from './simulators.ts';
import { workerConfig } from './worker-config.ts';

/** Starts workerd with the bundle in `bundleDir`; what it keeps lies in `stateDir`. */
export async function startBundle(options: {
  bundleDir: string;
  stateDir: string;
  vars: Record<string, string>;
}): Promise<Program> {
  return startProgram({
    command: WORKERD,
    args: ['serve', '--binary', '--experimental', '--control-fd=3', '-'],
    cwd: ROOT,
    input: await workerConfig(options),
    logFile: join(options.stateDir, 'workerd.log'),
    ready: { fd: 3, pattern: /"port":(?<port>\d+)/ },
  });
}
