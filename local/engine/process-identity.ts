import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * A string that tells one process from every later one with the same pid: on Linux the boot and the
 * start time in ticks (field 22 of /proc/<pid>/stat, see proc(5)), elsewhere the start time ps prints.
 * Null when no such process exists.
 */
export function processIdentity(pid: number): string | null {
  try {
    if (!existsSync('/proc/self/stat')) return psStartTime(pid);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, field 2, stands in parentheses and may itself hold spaces.
    const fromField3 = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${fromField3[22 - 3]}`;
  } catch {
    return null;
  }
}

function psStartTime(pid: number): string | null {
  const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  }).trim();
  return line === '' ? null : line;
}
