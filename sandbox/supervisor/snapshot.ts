import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyChecked, isDatabase } from './databases.ts';
import type { Layout } from './layout.ts';
import type { Log } from './log-ring.ts';
import { type Packed, packTree } from './pack.ts';
import { SnapshotError } from './snapshot-error.ts';
import { type TreeEntry, listTree } from './tree.ts';
import { uploadSnapshot } from './upload.ts';

/** What the agent asks for; the ticket is opaque and good for one PUT. */
export interface SnapshotRequest {
  id: string;
  ticket: string;
  maxBytes: number;
}

/** A snapshot that is stored. */
export interface SnapshotResult extends Packed {
  id: string;
  files: number;
  ms: { check: number; pack: number; put: number };
}

/** Holds OpenClaw still around the reading part; for a stopped one it just runs it. */
export type Hold = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * Makes a snapshot: checked copies of every database, everything else as it is, packed and put to
 * the state store. OpenClaw is held only while files are read, not while they are sent.
 * @throws SnapshotError; nothing is stored then.
 */
export async function makeSnapshot(
  request: SnapshotRequest,
  deps: { layout: Layout; stateUrl: string; hold: Hold; log: Log },
): Promise<SnapshotResult> {
  const work = await mkdtemp(join(deps.layout.work, 'snapshot-'));
  const file = join(work, 'snapshot.tar.zst');
  try {
    const { packed, files, check, pack } = await deps.hold(async (signal) => {
      const start = performance.now();
      const root = await realpath(deps.layout.tree);
      const listed = await listTree(root);
      const found = { listed, work, signal, log: deps.log };
      const { copies, entries } = await copyDatabases(found);
      const checked = performance.now();
      signal.throwIfAborted();
      const { maxBytes } = request;
      const packed = await packTree({ root, entries, copies, file, maxBytes, signal });
      const times = { check: ms(start, checked), pack: ms(checked, performance.now()) };
      return { packed, files: entries.length, ...times };
    });
    const start = performance.now();
    await uploadSnapshot({
      url: `${deps.stateUrl}/${request.id}`,
      ticket: request.ticket,
      file,
      packed,
    });
    return { id: request.id, ...packed, files, ms: { check, pack, put: ms(start) } };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Copies each database and drops its log files from the list, since the copy holds them. A damaged
 * database of OpenClaw's fails the snapshot; a damaged one in the workspace or the home folder is
 * the user's file and goes in as it is, or it could keep the agent from ever sleeping.
 */
async function copyDatabases(input: {
  listed: readonly TreeEntry[];
  work: string;
  signal: AbortSignal;
  log: Log;
}): Promise<{ copies: Map<string, string>; entries: TreeEntry[] }> {
  const copies = new Map<string, string>();
  for (const { name, path, type } of input.listed) {
    if (type !== 'file' || !(await isDatabase(path).catch(() => false))) continue;
    input.signal.throwIfAborted();
    const copy = join(input.work, `database-${copies.size}`);
    const problem = await copyChecked(path, copy);
    if (problem === null) copies.set(name, copy);
    else if (/^(home|openclaw\/workspace)\//.test(name))
      input.log('warn', `the user's database ${name} is damaged and goes in as it is: ${problem}`);
    else throw new SnapshotError('snapshot_database_damaged', `${name}: ${problem}`);
  }
  const entries = input.listed.filter(({ name }) => {
    const database = /^(.*)-(wal|shm|journal)$/.exec(name)?.[1];
    return database === undefined || !copies.has(database);
  });
  return { copies, entries };
}

function ms(start: number, end = performance.now()): number {
  return Math.round(end - start);
}
