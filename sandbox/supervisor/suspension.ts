import { type GatewayClient, connectGateway } from './gateway-client.ts';
import { SnapshotError } from './snapshot-error.ts';

/** A checkpoint is given up well before OpenClaw's own two-minute lease ends. */
const HOLD_TIMEOUT_MS = 60_000;

/**
 * Runs `work` while OpenClaw is held still (`gateway.suspend`), and lets it go on afterwards unless
 * it is stopped. `work` gets a signal that aborts after HOLD_TIMEOUT_MS, and when `halt` does: an
 * OpenClaw that stops writes its files, and what is read meanwhile belongs to no moment.
 * @throws SnapshotError `snapshot_busy` when OpenClaw is at work, stops or was held too long.
 */
export async function whileSuspended<T>(
  gateway: { port: number; token: string; halt: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { halt } = gateway;
  const client = await connectGateway({ ...gateway, scopes: ['operator.admin'] }).catch(busy);
  try {
    const suspensionId = await prepare(client);
    const signal = AbortSignal.any([AbortSignal.timeout(HOLD_TIMEOUT_MS), halt]);
    try {
      return await work(signal);
    } catch (cause) {
      if (halt.aborted) throw new SnapshotError('snapshot_busy', 'OpenClaw is being stopped.');
      if (signal.aborted)
        throw new SnapshotError('snapshot_too_slow', 'The checkpoint took too long.');
      throw cause;
    } finally {
      const resume = { suspensionId };
      if (!halt.aborted) await client.call('gateway.suspend.resume', resume).catch(() => undefined);
    }
  } finally {
    client.close();
  }
}

async function prepare(client: GatewayClient): Promise<string> {
  const requestId = crypto.randomUUID();
  const lease = await client.call('gateway.suspend.prepare', { requestId }).catch(busy);
  if (lease.status === 'ready' && typeof lease.suspensionId === 'string') return lease.suspensionId;
  throw new SnapshotError('snapshot_busy', `OpenClaw is at work: ${String(lease.reason)}.`);
}

function busy(cause: Error): never {
  throw new SnapshotError('snapshot_busy', `OpenClaw cannot be held still: ${cause.message}`);
}
