import { setTimeout as pause } from 'node:timers/promises';
import { storedAttempts } from '../store-files.ts';
import { ageAgent } from './age-agent.ts';
import type { Stage } from './stage.ts';

/** Later than an attempt may last: then the sweep looks up what has become of it, ms. */
const ATTEMPT_OVER_MS = 11 * 60_000;
/** Later than the log is asked for an attempt: one it does not know was never sent, ms. */
const LOOKUPS_OVER_MS = 25 * 60 * 60_000;
/** Look-ups take milliseconds, and twenty are made at once; longer is a hang, ms. */
const SETTLED_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/**
 * Lets the books be closed as if a day had passed after a last kill: first what the log knows of is
 * looked up, then what it does not know of is given up. The Worker is stopped afterwards.
 */
export async function closeBooks(stage: Stage): Promise<void> {
  const { system, witness } = stage;
  await passTime(stage, ATTEMPT_OVER_MS);
  await untilNone(stage, (id, state) => state === 'final' || witness.seen.has(id));
  await passTime(stage, LOOKUPS_OVER_MS);
  await untilNone(stage, () => true);
  await system.worker.stop('SIGKILL');
}

async function passTime(stage: Stage, byMs: number): Promise<void> {
  await stage.system.worker.stop('SIGKILL');
  for (const { file } of stage.customers) ageAgent(file, byMs);
  await stage.kill();
}

/** Has the agents settle and flush until none of such attempts is left, or that takes too long. */
async function untilNone(
  { system, customers }: Stage,
  isWaitedFor: (id: string, state: string) => boolean,
): Promise<void> {
  const deadline = Date.now() + SETTLED_TIMEOUT_MS;
  const isDone = (file: string): boolean =>
    !storedAttempts(file).some(({ id, state }) => state !== 'flushed' && isWaitedFor(id, state));
  let left = [...customers];
  while (left.length > 0 && Date.now() < deadline) {
    for (const { tenantId } of left) await system.admin.call('POST', `/agents/${tenantId}/flush`);
    left = left.filter(({ file }) => !isDone(file));
    if (left.length > 0) await pause(POLL_MS);
  }
}
