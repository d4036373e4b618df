import type { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import { snapshotList, type SnapshotView } from '../contract/snapshots.ts';
import { agentPath, type Client } from './client.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { recordTable } from './output.ts';
import { askPatiently, LOOK_MS } from './patience.ts';

/** Looks at a snapshot under way, a second apart: its ticket holds for a quarter of an hour. */
const MAX_LOOKS = 900;
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

/** Looks at a snapshot under way until it is stored, or until it is clear that it will not be. */
export async function awaitStored(
  context: CommandContext,
  tenantId: string,
  begun: SnapshotView,
): Promise<CommandResult> {
  const client = await context.client();
  let snapshot = begun;
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const { state } = snapshot;
    if (state === 'stored') return oneSnapshot(snapshot);
    if (state !== 'ticketed') {
      const hint = `See skclaw agent logs --tenant-id ${tenantId} --no-follow.`;
      const message = `The snapshot was not stored: it is ${state}.`;
      return oneSnapshot(snapshot, new AppError('agent_unavailable', message, { hint }));
    }
    await context.io.sleep(LOOK_MS);
    const list = await askPatiently(context.io, () => listSnapshots(client, tenantId));
    const found = list.snapshots.find(({ id }) => id === begun.id);
    snapshot = found ?? { ...snapshot, state: 'failed' };
  }
  const message = `The snapshot is not stored after ${MAX_LOOKS} s.`;
  return oneSnapshot(snapshot, new AppError('upstream_timeout', message));
}
