import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { AppError } from '../contract/errors.ts';

/** Largest download that is taken, in bytes: agents store no larger snapshot. */
const MAX_DOWNLOAD_BYTES = 1024 ** 3;
const SHA256 = /^[0-9a-f]{64}$/;

export interface Saved {
  file: string;
  /** Bytes. */
  size: number;
  sha256: string;
}

/** A failure of the disk, in words that do not sound like one of the network. */
function cannotWrite(file: string, cause: unknown): AppError {
  const why = (cause as NodeJS.ErrnoException).code ?? 'no reason is known';
  return new AppError('invalid_usage', `${file} can't be written: ${why}.`, { cause });
}

/** AppError conflict when there is something under this name, unless it may be replaced. */
async function checkFree(file: string, force: boolean): Promise<void> {
  if (force) return;
  const found = await lstat(file).catch(() => null);
  if (!found) return;
  throw new AppError('conflict', `${file} exists already.`, {
    hint: 'Give another --output, or --force to replace it.',
  });
}

async function receive(body: AsyncIterable<Uint8Array> | [], file: FileHandle, name: string) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_DOWNLOAD_BYTES) {
      throw new AppError('upstream_failed', `The download is over ${MAX_DOWNLOAD_BYTES} bytes.`);
    }
    hash.update(chunk);
    await file.writeFile(chunk).catch((cause: unknown) => {
      throw cannotWrite(name, cause);
    });
  }
  // What the name stands for is on the disk before it has the name.
  await file.sync().catch((cause: unknown) => {
    throw cannotWrite(name, cause);
  });
  return { size, sha256: hash.digest('hex') };
}

/**
 * Writes a download to `file` as it comes, and gives it its name only when all of it is there and its
 * SHA-256 is the one that was announced; otherwise nothing is left behind. AppError conflict when the
 * name is taken, upstream_failed when it is not what was announced.
 */
export async function saveDownload(
  response: Response,
  { file, sha256, force }: { file: string; sha256: string | null; force: boolean },
): Promise<Saved> {
  if (sha256 === null || !SHA256.test(sha256)) {
    throw new AppError('upstream_failed', 'The download came without its SHA-256.');
  }
  await checkFree(file, force);
  const temporary = `${file}.${randomBytes(6).toString('hex')}.part`;
  const handle = await open(temporary, 'wx', 0o600).catch((cause: unknown) => {
    throw cannotWrite(file, cause);
  });
  try {
    const received = await receive(response.body ?? [], handle, file).finally(() => handle.close());
    if (received.sha256 !== sha256) {
      throw new AppError(
        'upstream_failed',
        `The download is damaged: its SHA-256 is ${received.sha256} and not ${sha256}.`,
        { hint: 'Nothing was kept. Try again.' },
      );
    }
    await checkFree(file, force);
    await rename(temporary, file).catch((cause: unknown) => {
      throw cannotWrite(file, cause);
    });
    return { file, ...received };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
