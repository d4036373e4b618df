import { writeAudit } from '../db/queries/audit.ts';
import { auditEntry } from './audit.ts';
import { dbOf, type EdgeContext } from './context.ts';

/**
 * Books an operator's change of what is inside an agent, or a look at what people said to it, before it
 * is done: one without its entry would be worse than the reverse. What members do with their own agent
 * is not audited.
 */
export async function bookChange(
  c: EdgeContext,
  change: { action: string; target?: string; after?: unknown },
): Promise<void> {
  const { caller, tenant } = c.var;
  if (caller.kind !== 'operator' || !tenant) return;
  const { tenantId } = tenant;
  const { action, target = `agent:${tenantId}`, after } = change;
  await writeAudit(dbOf(c), auditEntry(c, { action, target, tenantId, after }));
}
