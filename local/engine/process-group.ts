import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';

/** What kill(2) says of a group that is gone: ESRCH, or EPERM on macOS when only zombies are left. */
const GONE = new Set(['ESRCH', 'EPERM']);

/** SIGKILL for a whole process group. One that is gone already is fine. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Writes down that `pid` leads a group that belongs to `folder`. Returns the function that crosses it out. */
export function recordGroup(folder: string, pid: number): () => void {
  const groups = join(folder, 'groups');
  const file = join(groups, String(pid));
  mkdirSync(groups, { recursive: true, mode: 0o700 });
  writeFileSync(file, processIdentity(pid) ?? '', { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** Kills the groups recorded in `folder` whose leader is still the process that was recorded. */
export function killRecordedGroups(folder: string): number {
  const groups = join(folder, 'groups');
  if (!existsSync(groups)) return 0;
  let killed = 0;
  for (const name of readdirSync(groups)) {
    const recorded = readFileSync(join(groups, name), 'utf8');
    if (!/^\d+$/.test(name) || recorded === '') continue;
    if (processIdentity(Number(name)) !== recorded) continue;
    killGroup(Number(name));
    killed += 1;
  }
  return killed;
}
