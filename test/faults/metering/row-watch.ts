import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Looks at the table this often, ms: what is waited for lasts a few. */
const LOOK_EVERY_MS = 0.2;

interface WatchOrder {
  /** D1's database file. */
  file: string;
  /** The process group that is shot. */
  group: number;
  timeoutMs: number;
}

/**
 * Kills a process group at the moment in which new rows are in D1's usage. Answers whether any came
 * in time. It runs in a thread of its own, since this one serves requests.
 */
export async function killWhenBooked(order: WatchOrder): Promise<boolean> {
  const thread = new Worker(new URL(import.meta.url), { workerData: order });
  const [code] = (await once(thread, 'exit')) as [number];
  return code === 0;
}

function watch({ file, group, timeoutMs }: WatchOrder): boolean {
  using database = new DatabaseSync(file, { readOnly: true });
  const newest = database.prepare('SELECT max(rowid) AS row FROM usage');
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const deadline = Date.now() + timeoutMs;
  const before = newest.get()?.['row'];
  while (Date.now() < deadline) {
    if (newest.get()?.['row'] !== before) return process.kill(-group, 'SIGKILL');
    Atomics.wait(clock, 0, 0, LOOK_EVERY_MS);
  }
  return false;
}

// Only this thread's own code: 0 when it has shot.
if (!isMainThread) process.exit(watch(workerData as WatchOrder) ? 0 : 1);
