import { writeAudit } from '../db/queries/audit.ts';
import type { TenantDetail } from '../db/queries/tenants.ts';
import { auditEntry } from './audit.ts';
import { dbOf, type EdgeContext } from './context.ts';

/** Books a command before it is given: a command without its entry would be worse than the reverse. */
export async function bookCommand(
  c: EdgeContext,
  command: { tenant: TenantDetail; action: string; after?: unknown },
): Promise<void> {
  const { tenant, action, after } = command;
  const target = `agent:${tenant.id}`;
  await writeAudit(dbOf(c), auditEntry(c, { action, target, tenantId: tenant.id, after }));
}
