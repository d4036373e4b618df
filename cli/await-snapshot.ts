import type { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import { snapshotList, type SnapshotView } from '../contract/snapshots.ts';
import { agentPath, type Client } from './client.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { recordTable } from './output.ts';
import { askPatiently, LOOK_MS } from './patience.ts';

/** Looks at a snapshot under way, a second apart: its ticket holds for a quarter of an hour. */
const MAX_LOOKS = 900;
/**
 * Snapshots that are asked for, half a minute in all: OpenClaw is at work for some seconds after a turn
 * or the deletion of a session, too.
 */
const MAX_TRIES = 8;
/** Pause before another is asked for, ms. */
const AGAIN_MS = 3_000;

/** An agent's saved states, the newest first. */
export function listSnapshots(
  client: Client,
  tenantId: string,
): Promise<z.infer<typeof snapshotList>> {
  return client.request({ path: agentPath(tenantId, '/snapshots'), answer: snapshotList });
}

/** A snapshot as a command's result, and what went wrong with it. */
export function oneSnapshot(snapshot: SnapshotView, failure?: AppError): CommandResult {
  const result = { data: snapshot, table: () => recordTable(snapshot) };
  return failure ? { ...result, failure } : result;
}

/** A snapshot under way as it ended: stored, or not; still ticketed when that took too long. */
async function awaitEnd(
  context: CommandContext,
  tenantId: string,
  begun: SnapshotView,
): Promise<SnapshotView> {
  const client = await context.client();
  let snapshot = begun;
  for (let looks = 0; looks < MAX_LOOKS && snapshot.state === 'ticketed'; looks += 1) {
    await context.io.sleep(LOOK_MS);
    const list = await askPatiently(context.io, () => listSnapshots(client, tenantId));
    const found = list.snapshots.find(({ id }) => id === begun.id);
    snapshot = found ?? { ...snapshot, state: 'failed' };
  }
  return snapshot;
}

/**
 * Has an agent saved and waits until it is. `begin` asks for it: an agent that was at work is asked
 * again. The failure in the result says why nothing is stored.
 */
export async function awaitStored(
  context: CommandContext,
  tenantId: string,
  begin: () => Promise<SnapshotView>,
): Promise<CommandResult> {
  for (let tried = 1; ; tried += 1) {
    const snapshot = await awaitEnd(context, tenantId, await begin());
    const { state } = snapshot;
    if (state === 'stored') return oneSnapshot(snapshot);
    if (state === 'ticketed') {
      const message = `The snapshot is not stored after ${MAX_LOOKS} s.`;
      return oneSnapshot(snapshot, new AppError('upstream_timeout', message));
    }
    if (tried === MAX_TRIES) {
      const hint = `See skclaw agent logs --tenant-id ${tenantId} --no-follow.`;
      const message = `The snapshot was not stored, ${MAX_TRIES} times: it is ${state}.`;
      return oneSnapshot(snapshot, new AppError('agent_unavailable', message, { hint }));
    }
    context.progress.note('not stored: asked again');
    await context.io.sleep(AGAIN_MS);
  }
}
