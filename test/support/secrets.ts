import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { familyOf } from './processes.ts';

/** Where a value was found that must not be there. */
export interface Finding {
  place: string;
  value: string;
}

/** Every file under a folder. */
export function filesUnder(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The forms in which a secret may lie about: as it is, and in base64. */
export function forms(value: string): string[] {
  return [value, Buffer.from(value).toString('base64').replace(/=+$/, '')];
}

/**
 * Looks for values in all that a container is: every file of its folder (logs and databases too), and
 * the environment and arguments of each process of its group.
 */
export function findSecrets(
  container: { dir: string; pid: number },
  values: readonly string[],
): Finding[] {
  const places: [string, string][] = [];
  for (const file of filesUnder(container.dir)) {
    if (statSync(file).isFile()) places.push([file, readFileSync(file, 'latin1')]);
  }
  for (const { pid, args, environ } of familyOf(container.pid)) {
    places.push([`environ of ${pid}`, environ], [`arguments of ${pid}`, args.join('\0')]);
  }
  return places.flatMap(([place, text]) =>
    values
      .filter((value) => forms(value).some((form) => text.includes(form)))
      .map((value) => ({ place, value })),
  );
}
