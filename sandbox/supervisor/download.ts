import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { BootFailure } from './boot-failure.ts';
import { pause } from './readiness.ts';
import type { RestorePoint } from './settings.ts';

/** Tries of one download: the store answers in milliseconds, so four cover a hiccup of seconds. */
const DOWNLOAD_ATTEMPTS = 4;
/** First wait between tries, doubled each time. */
const RETRY_BASE_MS = 250;
/** 1 GiB, the largest snapshot, at 4 MB/s. */
const DOWNLOAD_TIMEOUT_MS = 256_000;

/**
 * Downloads a snapshot to a file and verifies size and SHA-256 before anybody reads it.
 * @throws BootFailure `restore_corrupt` when what came is not what was promised, `restore_missing`
 * when the store does not have it, `restore_unavailable` when it does not come.
 */
export async function downloadSnapshot(input: {
  url: string;
  restore: RestorePoint;
  file: string;
  signal: AbortSignal;
}): Promise<void> {
  let problem = 'not tried';
  for (let attempt = 1; attempt <= DOWNLOAD_ATTEMPTS && !input.signal.aborted; attempt++) {
    if (attempt > 1) await pause(RETRY_BASE_MS * 2 ** (attempt - 2), input.signal);
    try {
      const result = await downloadOnce(input);
      if (result === 'done') return;
      problem = `the store answered ${result}`;
      if (result === 404) throw missing(input.restore);
      if (!isWorthRetrying(result)) break;
    } catch (cause) {
      if (cause instanceof BootFailure) throw cause;
      problem = (cause as Error).message;
    }
  }
  throw new BootFailure({
    code: 'restore_unavailable',
    message: `Snapshot ${input.restore.id} could not be fetched: ${problem}.`,
  });
}

function isWorthRetrying(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** @returns 'done', or the status of an answer that is not 200. */
async function downloadOnce(input: {
  url: string;
  restore: RestorePoint;
  file: string;
  signal: AbortSignal;
}): Promise<'done' | number> {
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
  const response = await fetch(input.url, { signal, redirect: 'error' });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    return response.status;
  }
  const hash = createHash('sha256');
  let size = 0;
  await using file = await open(input.file, 'w', 0o600);
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > input.restore.size) break;
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  if (size !== input.restore.size) throw corrupt(input.restore, 'size');
  if (hash.digest('hex') !== input.restore.sha256) throw corrupt(input.restore, 'SHA-256');
  return 'done';
}

function missing({ id }: RestorePoint): BootFailure {
  const message = `Snapshot ${id} is not in the store any more.`;
  return new BootFailure({ code: 'restore_missing', message });
}

function corrupt({ id }: RestorePoint, what: string): BootFailure {
  return new BootFailure({
    code: 'restore_corrupt',
    message: `Snapshot ${id} does not have the recorded ${what}; nothing of it was used.`,
  });
}
