import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the ticks of /proc/<pid>/stat are hundredths of a second on every Linux (proc(5)). */
const TICKS_PER_SECOND = 100;

/** One process as /proc/<pid>/stat tells it; ticks include the children it has waited for. */
export interface ProcessTicks {
  pid: number;
  ppid: number;
  ticks: number;
}

/**
 * CPU time, user and system, that a process and all its descendants have used so far, in seconds;
 * ended children count as soon as their parent has waited for them. NaN where there is no /proc.
 */
export function cpuSecondsOf(root: number): number {
  return secondsOf(root, listTicks());
}

/** @returns the CPU seconds of `root` and its descendants among `processes`. Pure. */
export function secondsOf(root: number, processes: readonly ProcessTicks[] | null): number {
  if (processes === null) return NaN;
  const family = new Set([root]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, ppid } of processes) if (family.has(ppid)) family.add(pid);
  }
  const ticks = processes.filter(({ pid }) => family.has(pid)).map((entry) => entry.ticks);
  return ticks.reduce((sum, count) => sum + count, 0) / TICKS_PER_SECOND;
}

/** @returns the facts in the text of /proc/<pid>/stat, whose command name may hold anything. */
export function parseTicks(text: string): ProcessTicks {
  const pid = Number.parseInt(text, 10);
  // Field 2, the name, stands in parentheses; what follows the last one begins with field 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { pid, ppid: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

function listTicks(): ProcessTicks[] | null {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.flatMap((pid) => readTicks(pid) ?? []);
  } catch {
    return null;
  }
}

/** @returns null for a process that has ended meanwhile. */
function readTicks(pid: string): ProcessTicks | null {
  try {
    return parseTicks(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}
