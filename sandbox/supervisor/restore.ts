import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { BootFailure } from './boot-failure.ts';
import { downloadSnapshot } from './download.ts';
import type { Layout } from './layout.ts';
import type { RestorePoint } from './settings.ts';
import { unpack } from './unpack.ts';

/** Errors of this machine, which another start may not meet. */
const LOCAL_TROUBLE = new Set(['ENOSPC', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EROFS']);

/**
 * Brings the agent's tree back from the snapshot fixed for this generation: fetched, verified,
 * and only then unpacked.
 * @throws BootFailure `restore_unavailable`, `restore_missing` or `restore_corrupt`.
 */
export async function restoreTree(input: {
  restore: RestorePoint;
  stateUrl: string;
  layout: Layout;
  signal: AbortSignal;
}): Promise<void> {
  const { restore, layout, signal } = input;
  const file = join(layout.work, 'restore.tar.zst');
  try {
    await downloadSnapshot({ url: `${input.stateUrl}/${restore.id}`, restore, file, signal });
    await unpack(file, layout.tree);
  } catch (cause) {
    if (cause instanceof BootFailure) throw cause;
    const { message: why, code } = cause as NodeJS.ErrnoException;
    const message = `Snapshot ${restore.id} cannot be unpacked: ${why}.`;
    // A disk that is full says nothing about the snapshot.
    const isOurs = code !== undefined && LOCAL_TROUBLE.has(code);
    throw new BootFailure({ code: isOurs ? 'restore_failed' : 'restore_corrupt', message });
  } finally {
    await rm(file, { force: true });
  }
}
