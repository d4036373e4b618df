import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subject } from './subject.ts';

/** A snapshot then takes long enough that its transfer can be cut in the middle, bytes. */
const BALLAST_BYTES = 8 * 1024 * 1024;
/** The first wake of all; longer is a hang, ms. */
const FIRST_ANSWER_TIMEOUT_MS = 180_000;
const ASLEEP_TIMEOUT_MS = 60_000;

/**
 * Wakes an agent for the first time, puts a large file that does not compress into its workspace, and
 * lets it sleep: from here on every generation has something to restore.
 */
export async function settleIn(subject: Subject): Promise<void> {
  const { client, chat } = subject;
  const id = crypto.randomUUID();
  client.send(chat, 'the first words', id);
  if (!(await client.when(() => client.endOf(id) !== null, FIRST_ANSWER_TIMEOUT_MS)))
    throw new Error(`${subject.slug} did not answer its first message`);
  const workspace = join(subject.container()?.dir ?? '', 'data/agent/openclaw/workspace');
  await mkdir(workspace, { recursive: true });
  await writeFile(join(workspace, 'ballast.bin'), randomBytes(BALLAST_BYTES));
  await subject.admin('POST', '/sleep', { force: false });
  if (!(await client.when(() => client.agent?.state === 'asleep', ASLEEP_TIMEOUT_MS)))
    throw new Error(`${subject.slug} did not fall asleep for the first time`);
}
