import { deleteAgentRow } from '../db/queries/agents.ts';
import type { Db } from '../db/queries/open.ts';
import { buryTenant, type TenantDetail } from '../db/queries/tenants.ts';
import type { AgentStub } from './agent.ts';
import { forgetHosts } from './tenant-directory.ts';
import { recordOf } from './tenant-record.ts';

/** Who finishes what an operator began: a deletion, the move of a hostname. */
export const SYSTEM_ACTOR = 'system';

export interface ErasureDeps {
  db: Db;
  kv: Pick<KVNamespace, 'delete'>;
  agent: AgentStub;
  now(): number;
  requestId: string;
}

/**
 * The second phase of a deletion, as far as it goes now: the agent is emptied, then hostnames and
 * their copies go and the tombstone is made, then the agent itself goes. Each step may be done again,
 * and what it needs is removed after it, so whoever comes after a crash simply starts anew. Answers
 * false while the agent has something to do or to book.
 */
export async function eraseTenant(deps: ErasureDeps, tenant: TenantDetail): Promise<boolean> {
  const { db, kv, agent, now, requestId } = deps;
  const { id, hostnames } = tenant;
  await agent.apply(recordOf(tenant));
  const { erased } = await agent.erase();
  if (!erased) return false;
  await forgetHosts(kv, hostnames);
  await buryTenant(db, {
    tenantId: id,
    entry: {
      at: now(),
      actor: SYSTEM_ACTOR,
      action: 'tenant.erased',
      target: `tenant:${id}`,
      tenantId: id,
      before: { status: 'deleting', hostnames },
      after: { status: 'deleted' },
      requestId,
    },
  });
  // Whoever looked a hostname up in between has put its copy back.
  await forgetHosts(kv, hostnames);
  await agent.drop();
  await deleteAgentRow(db, id);
  return true;
}
