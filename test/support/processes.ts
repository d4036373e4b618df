import { readdirSync, readFileSync } from 'node:fs';

export interface SeenProcess {
  pid: number;
  ppid: number;
  group: number;
  args: string[];
  environ: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Every process of this machine that can be looked at, from /proc. */
export function allProcesses(): SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The command in brackets may hold spaces: the fields are counted from behind it.
      const [, ppid, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (!ppid || !group) return [];
      return [
        {
          pid: Number(name),
          ppid: Number(ppid),
          group: Number(group),
          args: read(`/proc/${name}/cmdline`).split('\0').filter(Boolean),
          environ: read(`/proc/${name}/environ`),
        },
      ];
    });
}

/** A process with everything that descends from it or shares its group. */
export function familyOf(pid: number): SeenProcess[] {
  const all = allProcesses();
  const family = new Set([pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const one of all) {
      if (!family.has(one.pid) && (family.has(one.ppid) || family.has(one.group))) {
        family.add(one.pid);
        grown = true;
      }
    }
  }
  return all.filter((one) => family.has(one.pid));
}
