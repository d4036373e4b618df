import type { InviteView } from '../contract/api.ts';
import { writeAudit } from '../db/queries/audit.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { addressOf } from './agent.ts';
import { auditEntry, operatorOf } from './audit.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { hostnameOf, originOf } from './tenant-record.ts';

/**
 * Has the agent make an invite for the tenant's host, and books who asked for it. The audit comes
 * second since it names the invite; without it the link is never shown.
 */
export async function makeInvite(
  c: EdgeContext,
  tenant: TenantDetail,
  options: { role: 'owner' | 'user'; expiresInS: number },
): Promise<InviteView> {
  const hostname = hostnameOf(tenant);
  const agent = c.var.deps.agentOf(c.env, addressOf(tenant));
  const { id, token, role, expiresAt } = await agent.createInvite({
    role: options.role,
    expiresInMs: options.expiresInS * 1_000,
    hostname,
    by: operatorOf(c).subject,
  });
  const entry = auditEntry(c, {
    action: 'invite.create',
    target: `invite:${id}`,
    tenantId: tenant.id,
    after: { id, role, expiresAt, hostname },
  });
  await writeAudit(dbOf(c), entry);
  return { id, url: `${originOf(hostname, c.env, c.req.url)}/join/${token}`, role, expiresAt };
}
