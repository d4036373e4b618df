import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The folder the system keeps its local state in, unless told otherwise. */
export const DEFAULT_STATE_DIR = join(ROOT, '.local');

/**
 * The engine's folder: short, since a Unix socket's path has under 100 bytes, and one per state
 * folder, so that two systems on one machine do not meet.
 */
export function engineDir(stateDir: string): string {
  const name = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 12);
  return join(tmpdir(), `skm-${name}`);
}
