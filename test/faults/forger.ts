import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { snapshotList } from '../../contract/snapshots.ts';
import { r2Object } from '../support/r2-objects.ts';
import { canPad, databasesUnder, pack, pad, sha256, unpack } from './archive.ts';
import { keyOf } from './check-snapshots.ts';
import type { Findings } from './findings.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** A wake, a refusal and a return to an older snapshot each take less, ms. */
const STATE_TIMEOUT_MS = { double: 60_000, real: 180_000 };
const POLL_MS = 100;
/** Tries to give the forged archive the size of the real one. */
const MAX_FITTINGS = 10;
/** What is then filled up, bytes. */
const AIMED_PADDING_BYTES = 560;

/**
 * Replaces the newest snapshot's bytes by a forged, valid archive of the same size. The wake must stop
 * at it; then an operator goes back to an older one, and the bytes are put back.
 */
export async function forge(world: World, subject: Subject, findings: Findings): Promise<void> {
  const { slug } = subject;
  await subject.admin('POST', '/sleep', { force: false });
  await reach(world, subject, ['asleep']);
  const { snapshots } = snapshotList.parse(await subject.admin('GET', '/snapshots'));
  const stored = snapshots.filter(({ state }) => state === 'stored');
  const newest = stored.find(({ current }) => current);
  const older = stored.find((one) => one !== newest);
  const object = newest && r2Object(world.system.stateDir, keyOf(subject, newest.id));
  if (!newest || !older || !object) {
    findings.fail('forged', slug, `there are not two snapshots to work on: ${stored.length}`);
    return;
  }
  const whole = await readFile(object.file);
  await writeFile(object.file, await forged(whole));
  try {
    await subject.admin('POST', '/wake');
    const state = await reach(world, subject, ['failed', 'ready']);
    const { failure } = (await subject.inspect()).agent;
    findings.expect(
      state === 'failed' && failure?.code === 'restore_corrupt' && failure.nextTryAt === null,
      'forged',
      slug,
      () => `the agent woke up from a forged snapshot as ${state} (${failure?.code})`,
    );
    if (state === 'failed') await goBack(world, subject, { id: older.id, findings });
  } finally {
    await writeFile(object.file, whole);
  }
  findings.expect(
    sha256(await readFile(object.file)) === newest.sha256,
    'forged',
    slug,
    () => 'the snapshot was overwritten',
  );
}

async function goBack(
  world: World,
  subject: Subject,
  { id, findings }: { id: string; findings: Findings },
): Promise<void> {
  for (const generation of subject.restoredFrom.keys()) subject.goneBack.add(generation);
  await subject.admin('POST', `/snapshots/${id}/restore`, {});
  await subject.admin('POST', '/wake');
  const state = await reach(world, subject, ['ready']);
  const { generation } = (await subject.inspect()).agent;
  const from = subject.restoredFrom.get(generation);
  findings.expect(state === 'ready' && from === id, 'forged', subject.slug, () => {
    return `after going back to ${id} the agent is ${state}, from ${from}`;
  });
}

/** The state the agent came to, or the one it is still in when it takes too long. */
async function reach(
  { isReal }: World,
  subject: Subject,
  wanted: readonly string[],
): Promise<string> {
  const deadline = Date.now() + (isReal ? STATE_TIMEOUT_MS.real : STATE_TIMEOUT_MS.double);
  for (;;) {
    const { state } = (await subject.inspect()).agent;
    if (wanted.includes(state) || Date.now() > deadline) return state;
    await pause(POLL_MS);
  }
}

/** The same agent with another past, in an archive of the same size. */
export async function forged(archive: Buffer): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), 'skm-forged-'));
  const folder = join(work, 'tree');
  try {
    await mkdir(folder);
    await unpack(archive, folder);
    for (const file of await databasesUnder(folder)) {
      using database = new DatabaseSync(file);
      database.exec(`CREATE TABLE forged (what TEXT); INSERT INTO forged VALUES ('forged')`);
    }
    return await packTo(folder, archive.length);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Packs a folder into exactly `size` bytes, at the expense of its largest file. */
async function packTo(folder: string, size: number): Promise<Buffer> {
  const { path } = await largestFile(folder);
  const content = await readFile(path);
  let length = content.length;
  for (let attempt = 0; attempt < MAX_FITTINGS; attempt++) {
    const packed = await pack(folder);
    const missing = size - packed.length;
    if (canPad(missing)) return pad(packed, missing);
    // It does not compress: a byte less in it is about a byte less in the archive.
    length += missing - AIMED_PADDING_BYTES;
    const added = randomBytes(Math.max(0, length - content.length));
    await writeFile(path, Buffer.concat([content.subarray(0, length), added]));
  }
  throw new Error(`the forged archive can't be made ${size} bytes long`);
}

async function largestFile(folder: string): Promise<{ path: string; size: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.sqlite'))
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, size: (await stat(path)).size };
      }),
  );
  return files.reduce((a, b) => (b.size > a.size ? b : a));
}
