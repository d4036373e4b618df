import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeenContainer } from './engine-view.ts';

/**
 * Plants a value where it must not be, to see that the search for it can go red: in a file of the
 * container's folder, or in a process that stands in for the container's own.
 */
export async function plant(
  container: SeenContainer,
  where: 'environment' | 'arguments' | 'file',
  value: string,
): Promise<{ container: SeenContainer; remove(): Promise<void> }> {
  if (where === 'file') {
    const path = join(container.dir, 'data', 'planted.txt');
    await writeFile(path, `before ${value} after`);
    return { container, remove: () => rm(path) };
  }
  const args = ['-e', 'setTimeout(() => undefined, 60000)'];
  const child = spawn(process.execPath, where === 'arguments' ? [...args, value] : args, {
    env: where === 'environment' ? { PLANTED: value } : {},
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  return {
    container: { ...container, pid: child.pid ?? 0 },
    async remove() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
