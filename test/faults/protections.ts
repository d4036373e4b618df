import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ROOT } from '../../local/runner/paths.ts';

interface Patch {
  file: string;
  from: string;
  to: string;
}

/** What is taken out of the code to see that the harness notices: each place exactly. */
export const PROTECTIONS = {
  idempotency: [
    {
      file: 'durable/turns.ts',
      from: '  if (known) return { turn: known, added: [] };\n',
      to: '',
    },
  ],
  ticket: [
    {
      file: 'durable/snapshots.ts',
      from: `  if (!row || row.state !== 'ticketed' || row.ticketHash !== ticketHash) {`,
      to: `  if (!row || row.state !== 'ticketed' || row.ticketHash !== ticketHash) return;\n  if (false as boolean) {`,
    },
  ],
  digest: [
    {
      file: 'sandbox/supervisor/download.ts',
      from: `  if (hash.digest('hex') !== input.restore.sha256) throw corrupt(input.restore, 'SHA-256');\n`,
      to: '',
    },
  ],
  // The intent is kept in memory, and written when its attempt is settled.
  intent: [
    {
      file: 'durable/ledger.ts',
      from: 'export const rowById = prepared(',
      to: `export const later = new Map<string, () => unknown>();
export const rowById = (db: AgentDb) => ({
  get(where: { id: string }) {
    later.get(where.id)?.();
    later.delete(where.id);
    return findRow(db).get(where);
  },
});
const findRow = prepared(`,
    },
    {
      file: 'durable/admit.ts',
      from: 'const insertIntent = prepared(',
      to: `const insertIntent = (db: AgentDb) => ({
  get(intent: { id: string; [name: string]: unknown }) {
    later.set(intent.id, () => writeIntent(db).get(intent));
    return { id: intent.id };
  },
});
const writeIntent = prepared(`,
    },
    { file: 'durable/admit.ts', from: '  rowById,\n', to: '  later,\n  rowById,\n' },
  ],
  // A row is inserted whether it is there or not.
  unique: [
    {
      file: 'db/migrations/0000_init.sql',
      from: '`id` text PRIMARY KEY NOT NULL,\n\t`tenant_id` text NOT NULL,\n\t`call_id`',
      to: '`id` text NOT NULL,\n\t`tenant_id` text NOT NULL,\n\t`call_id`',
    },
    {
      file: 'db/queries/usage.ts',
      from: '.onConflictDoNothing({ target: usage.id })',
      to: '',
    },
  ],
} as const satisfies Record<string, readonly Patch[]>;
export type Protection = keyof typeof PROTECTIONS;

/** What a copy of the project leaves behind: it is linked, made anew, or of no use. */
const LEFT_OUT = new Set(['node_modules', '.git', '.local', '.wrangler']);

/**
 * Copies the source tree to `dir` without one protection. The installed packages are linked.
 * @throws when the place is not there exactly once: then the patch is out of date.
 */
export async function copyWithout(protection: Protection, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await cp(ROOT, dir, {
    recursive: true,
    // The site is built anew only when its sources are newer.
    preserveTimestamps: true,
    filter: (source) => !LEFT_OUT.has(basename(source)),
  });
  for (const folder of ['.', 'sandbox'])
    await symlink(join(ROOT, folder, 'node_modules'), join(dir, folder, 'node_modules'));
  for (const { file, from, to } of PROTECTIONS[protection]) {
    const path = join(dir, file);
    const parts = (await readFile(path, 'utf8')).split(from);
    if (parts.length !== 2)
      throw new Error(
        `the patch for ${protection} fits ${parts.length - 1} places in ${file}, not one`,
      );
    await writeFile(path, parts.join(to));
  }
}
