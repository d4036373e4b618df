import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TRANSCRIPT_FILE } from '../doubles/openclaw/transcript.ts';
import { r2Object } from '../support/r2-objects.ts';
import { allText, databasesUnder, quickCheck, sha256, unpack } from './archive.ts';
import type { Findings } from './findings.ts';
import {
  storedSnapshots,
  storedTurns,
  type StoredSnapshot,
  type StoredTurn,
} from './store-files.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/**
 * The snapshots that were unpacked already, with the messages that were found in each. Their bytes are
 * looked at again at every check.
 */
export type Unpacked = Map<string, ReadonlySet<string>>;

export const keyOf = (subject: Subject, id: string): string =>
  `tenants/${subject.tenantId}/snapshots/${id}.tar.zst`;

/** Checks every stored snapshot of a tenant, and that what was answered is remembered. */
export async function checkSnapshots(
  world: World,
  subject: Subject,
  input: { findings: Findings; unpacked: Unpacked },
): Promise<void> {
  const { findings, unpacked } = input;
  // Asked first: it may fall asleep while its snapshots are read.
  const isAwake = subject.container() !== null;
  const turns = storedTurns(subject.file).filter(({ state }) => state === 'done');
  const stored = storedSnapshots(subject.file).filter(({ state }) => state === 'stored');
  for (const snapshot of stored) {
    const bytes = await checkBytes(world, subject, { snapshot, findings });
    if (!bytes || unpacked.has(snapshot.id)) continue;
    const expected = rememberedBy(subject, snapshot, turns, stored);
    const input = { world, subject, snapshot, bytes, turns, expected, findings };
    unpacked.set(snapshot.id, await checkContent(input));
  }
  checkMemory(subject, { stored, turns, unpacked, isAwake, findings });
}

async function checkBytes(
  { system }: World,
  subject: Subject,
  { snapshot, findings }: { snapshot: StoredSnapshot; findings: Findings },
): Promise<Buffer | null> {
  const object = r2Object(system.stateDir, keyOf(subject, snapshot.id));
  const bytes = object && (await readFile(object.file).catch(() => null));
  const isWhole =
    bytes?.length === snapshot.size &&
    object?.size === snapshot.size &&
    sha256(bytes) === snapshot.sha256;
  findings.expect(isWhole, 'snapshot', subject.slug, () => {
    const what = bytes ? `has ${bytes.length} bytes that differ` : 'is not in R2';
    return `${snapshot.id} of generation ${snapshot.generation} ${what}`;
  });
  return isWhole ? bytes : null;
}

/** Answers the messages that are in it. */
async function checkContent(input: {
  world: World;
  subject: Subject;
  snapshot: StoredSnapshot;
  bytes: Buffer;
  turns: readonly StoredTurn[];
  expected: readonly StoredTurn[];
  findings: Findings;
}): Promise<ReadonlySet<string>> {
  const { world, snapshot, bytes, turns, expected, findings } = input;
  const { slug } = input.subject;
  const work = await mkdtemp(join(tmpdir(), 'skm-unpacked-'));
  const folder = join(work, 'tree');
  try {
    await mkdir(folder);
    await unpack(bytes, folder);
    const files = await databasesUnder(folder);
    findings.expect(files.length > 0, 'snapshot', slug, () => `${snapshot.id} has no database`);
    for (const file of files) {
      const problem = quickCheck(file);
      findings.expect(problem === null, 'snapshot', slug, () => `${snapshot.id}: ${problem}`);
    }
    const text = files.map(allText).join('\n');
    for (const turn of expected)
      findings.expect(text.includes(turn.text), 'memory', slug, () => {
        return `${snapshot.id} of generation ${snapshot.generation} does not know “${turn.text}” of generation ${answeredIn(input.subject, turn)}`;
      });
    if (!world.isReal) checkOnce(join(folder, TRANSCRIPT_FILE_IN_TREE), input);
    return new Set(turns.map((turn) => turn.text).filter((said) => text.includes(said)));
  } catch (error) {
    findings.fail('snapshot', slug, `${snapshot.id} does not unpack: ${String(error)}`);
    return new Set();
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const TRANSCRIPT_FILE_IN_TREE = join('openclaw', TRANSCRIPT_FILE);

/** OpenClaw was given no message twice. */
function checkOnce(
  file: string,
  { subject, findings }: { subject: Subject; findings: Findings },
): void {
  const text = allText(file);
  for (const { text: message } of subject.client.messages.values()) {
    const times = text.split(`\n${message}\n`).length - 1;
    findings.expect(times <= 1, 'memory', subject.slug, () => {
      return `OpenClaw was given a message ${times} times: ${message}`;
    });
  }
}

/** By time: the agent books a turn on a later generation once that was told of it again. */
const answeredIn = (subject: Subject, turn: StoredTurn): number =>
  subject.generationAt(turn.ended_at ?? 0);

/** The turns a snapshot must hold, at least: its generation's own, and all that its restore point held. */
function rememberedBy(
  subject: Subject,
  snapshot: StoredSnapshot,
  turns: readonly StoredTurn[],
  stored: readonly StoredSnapshot[],
): StoredTurn[] {
  const own = turns.filter(
    (turn) =>
      answeredIn(subject, turn) === snapshot.generation &&
      (turn.ended_at ?? Infinity) < snapshot.created_at,
  );
  const parentId = subject.restoredFrom.get(snapshot.generation);
  const parent = stored.find(({ id }) => id === parentId);
  return parent ? [...rememberedBy(subject, parent, turns, stored), ...own] : own;
}

/** A generation that ended by itself has left its answers to the next one, or to the one that will be. */
function checkMemory(
  subject: Subject,
  input: {
    stored: StoredSnapshot[];
    turns: StoredTurn[];
    unpacked: Unpacked;
    isAwake: boolean;
    findings: Findings;
  },
): void {
  const { stored, turns, unpacked, isAwake, findings } = input;
  const generations = [...subject.restoredFrom.keys()].toSorted((a, b) => a - b);
  const running = isAwake ? generations.at(-1) : null;
  for (const generation of generations) {
    const isForgiven = subject.killed.has(generation) || subject.goneBack.has(generation);
    if (generation === running || isForgiven) continue;
    const next = generations.find((other) => other > generation);
    const heirId = next === undefined ? stored.at(-1)?.id : subject.restoredFrom.get(next);
    const known = unpacked.get(heirId ?? '');
    // Thinned out before it was looked at.
    if (heirId && !known) continue;
    for (const turn of turns.filter((one) => answeredIn(subject, one) === generation))
      findings.expect(known?.has(turn.text) ?? false, 'memory', subject.slug, () => {
        return `generation ${generation} ended by itself, and “${turn.text}” is in no snapshot`;
      });
  }
}
