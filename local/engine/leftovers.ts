import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { killRecordedGroups } from './process-group.ts';

/** True when an engine answers on the socket. A socket file that nobody listens on is a leftover. */
export async function isServed(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Clears what an engine that was killed left behind: its socket, the process groups its containers
 * recorded (when the recorded process is still the same one), and the containers' folders.
 * Returns how many groups were killed.
 */
export async function clearLeftovers({
  socketPath,
  root,
}: {
  socketPath: string;
  root: string;
}): Promise<number> {
  let killed = 0;
  if (existsSync(root)) {
    for (const folder of await readdir(root)) killed += killRecordedGroups(join(root, folder));
  }
  await rm(root, { recursive: true, force: true, maxRetries: 10 });
  await rm(socketPath, { force: true });
  return killed;
}
