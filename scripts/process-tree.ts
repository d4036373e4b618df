/**
 * The process groups of everything that descends from a process, its own group left out. `table` is
 * what `ps -A -o pid=,ppid=,pgid=` prints.
 */
export function descendantGroups(table: string, ancestor: number): Set<number> {
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, group = 0]) => ({ pid, parent, group }));
  const family = new Set([ancestor]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of rows) if (family.has(parent)) family.add(pid);
  }
  const own = rows.find(({ pid }) => pid === ancestor)?.group;
  return new Set(
    rows.filter(({ pid, group }) => family.has(pid) && group !== own).map(({ group }) => group),
  );
}
