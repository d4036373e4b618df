import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Packed } from './pack.ts';
import { SnapshotError } from './snapshot-error.ts';

/** 1 GiB, the largest snapshot, at 2 MB/s; the store verifies before it answers. */
const UPLOAD_TIMEOUT_MS = 512_000;

/**
 * Puts a packed snapshot to the state store, once: a ticket is good for one PUT, and whether to
 * ask for another is the agent's decision. `node:http` and not `fetch`, since the store needs the
 * content-length of a streamed body.
 * @throws SnapshotError `snapshot_refused` with the store's status, or why there was none.
 */
export async function uploadSnapshot(input: {
  url: string;
  ticket: string;
  file: string;
  packed: Packed;
}): Promise<void> {
  const status = await put(input).catch((cause: Error) => cause.message);
  if (typeof status === 'number' && status >= 200 && status < 300) return;
  const said = typeof status === 'number' ? `answered ${status}` : `gave no answer (${status})`;
  throw new SnapshotError('snapshot_refused', `The state store ${said}.`);
}

async function put(input: {
  url: string;
  ticket: string;
  file: string;
  packed: Packed;
}): Promise<number> {
  const outgoing = request(input.url, {
    method: 'PUT',
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': input.packed.size,
      'x-sk-ticket': input.ticket,
      'x-sk-sha256': input.packed.sha256,
    },
    signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
  });
  const answered = new Promise<number>((resolve, reject) => {
    outgoing.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once('error', reject);
  });
  // A store that refuses early answers before the body is through: the answer is what counts.
  pipeline(createReadStream(input.file), outgoing).catch(() => {});
  const status = await answered;
  outgoing.destroy();
  return status;
}
