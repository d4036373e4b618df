import { readFile, readdir } from 'node:fs/promises';

/** Sweeps of leftovers: each must find fewer; a fork bomb ends with the container instead. */
const MAX_SWEEPS = 20;

/** What /proc tells of one process; `rssBytes` is resident memory, `name` its program's, cut at 15. */
export interface ProcessFacts {
  pid: number;
  ppid: number;
  uid: number;
  rssBytes: number;
  name: string;
}

/** @returns every process of this machine, or null where there is no /proc. */
export async function listProcesses(): Promise<ProcessFacts[] | null> {
  const names = await readdir('/proc').catch(() => null);
  if (names === null) return null;
  const pids = names.filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8').catch(() => null)),
  );
  return found.flatMap((text) => (text === null ? [] : [parseStatus(text)]));
}

/** @returns the facts in the text of /proc/<pid>/status. */
export function parseStatus(text: string): ProcessFacts {
  const number = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    pid: number('Pid'),
    ppid: number('PPid'),
    uid: number('Uid'),
    rssBytes: number('VmRSS') * 1024,
    name: /^Name:\s+(.*)/m.exec(text)?.[1] ?? '',
  };
}

/** @returns `root` and all its descendants among `processes`. Pure. */
export function familyOf(root: number, processes: readonly ProcessFacts[]): ProcessFacts[] {
  const family = new Set([root]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, ppid } of processes) if (family.has(ppid)) family.add(pid);
  }
  return processes.filter(({ pid }) => family.has(pid));
}

/**
 * Kills what a user left behind after its main process ended: children that moved to sessions of
 * their own would go on writing while a snapshot is made. Only for a user that is the tenant's
 * alone, in a container.
 */
export async function killLeftovers(uid: number): Promise<void> {
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const left = (await listProcesses())?.filter((entry) => entry.uid === uid) ?? [];
    if (left.length === 0) return;
    for (const { pid } of left) killQuietly(pid, 'SIGKILL');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends a signal; a process that is gone already is no error. @returns whether it was there. */
export function killQuietly(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
