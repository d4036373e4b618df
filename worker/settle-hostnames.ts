import {
  confirmedLeavings,
  settleHostname,
  type ConfirmedLeaving,
} from '../db/queries/hostnames.ts';
import type { Db } from '../db/queries/open.ts';
import { SYSTEM_ACTOR } from './erase-tenant.ts';
import { forgetHosts } from './tenant-directory.ts';

export interface SettleDeps {
  db: Db;
  kv: Pick<KVNamespace, 'delete'>;
  now(): number;
  requestId: string;
}

/**
 * The second phase of taking hostnames away: those whose former agent has confirmed go to their
 * heirs, or to nobody. Before that no other tenant ever has them, so whatever an old copy of the
 * directory says, it leads to the former agent, which refuses, or to nobody. Settles all of them, at
 * most `limit`, or one that is named, and answers which; each step may be done again.
 */
export async function settleHostnames(
  deps: SettleDeps,
  which: { hostname?: string; limit: number },
): Promise<ConfirmedLeaving[]> {
  const { db, kv, now, requestId } = deps;
  const leavings = await confirmedLeavings(db, which);
  for (const leaving of leavings) {
    const { hostname, tenantId, heirId, leavingVersion } = leaving;
    const entry = {
      at: now(),
      actor: SYSTEM_ACTOR,
      action: 'hostname.settled',
      target: `hostname:${hostname}`,
      tenantId: heirId ?? tenantId,
      before: { tenantId, version: leavingVersion },
      after: null,
      requestId,
    };
    await settleHostname(db, { leaving, entry });
    // A copy that stays is mended by whoever is misled by it.
    await forgetHosts(kv, [hostname]).catch(() => undefined);
  }
  return leavings;
}
