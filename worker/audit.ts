import { AppError } from '../contract/errors.ts';
import type { AuditEntry } from '../db/queries/audit.ts';
import { requestIdOf, type EdgeContext } from './context.ts';
import type { Operator } from './operator.ts';

/** The operator who asks; routes of operators have one by their action. */
export function operatorOf(c: EdgeContext): Operator {
  const { caller } = c.var;
  if (caller.kind !== 'operator') throw new AppError('access_denied', 'Only operators may.');
  return caller;
}

/** The entry for a change under way: who, when and by which request are filled in. */
export function auditEntry(
  c: EdgeContext,
  change: Pick<AuditEntry, 'action' | 'target' | 'tenantId'> & {
    before?: unknown;
    after?: unknown;
  },
): AuditEntry {
  return {
    at: c.var.deps.now(),
    actor: operatorOf(c).subject,
    action: change.action,
    target: change.target,
    tenantId: change.tenantId,
    before: change.before ?? null,
    after: change.after ?? null,
    requestId: requestIdOf(c),
  };
}
