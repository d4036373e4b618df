import { AppError } from '../contract/errors.ts';
import { POLICY_IN_FORCE_WITHIN_S, type PolicyActivation } from '../contract/routing.ts';
import { movePolicyPointer, type PolicyRow } from '../db/queries/policies.ts';
import { auditEntry } from './audit.ts';
import { checkRules } from './check-policy.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { findPolicy, policyOf, readActiveOf } from './find-policy.ts';

const inForceWithinS = POLICY_IN_FORCE_WITHIN_S;

/** Models retire and platforms go: what was valid when it was stored may not be now. */
function refuseOutlived(c: EdgeContext, row: PolicyRow): void {
  const { errorLines } = checkRules(c.env, policyOf(row));
  if (!errorLines) return;
  throw new AppError('conflict', `Policy ${row.version} is not valid any more.`, {
    hint: 'Store its rules with these errors corrected.',
    details: errorLines,
  });
}

/**
 * Puts a stored version in force; one that is already stays so, without an audit entry. Throws
 * conflict when today's catalog refuses its rules.
 */
export async function activatePolicy(c: EdgeContext, row: PolicyRow): Promise<PolicyActivation> {
  refuseOutlived(c, row);
  const { version } = row;
  const db = dbOf(c);
  const active = await readActiveOf(c);
  const entry = auditEntry(c, {
    action: 'policy.activate',
    target: `policy:${version}`,
    tenantId: null,
    after: { version },
  });
  const moved = await movePolicyPointer(db, { version, entry });
  return { version, previous: moved ? moved.previous : active.previousVersion, inForceWithinS };
}

/**
 * Puts the version in force that was before the one that is. Doing it twice comes back. Throws
 * conflict when there is none, when it is not valid any more, and when another is activated
 * meanwhile.
 */
export async function rollBackPolicy(c: EdgeContext): Promise<PolicyActivation> {
  const db = dbOf(c);
  const active = await readActiveOf(c);
  const { previousVersion: version } = active;
  if (version === null) throw new AppError('conflict', 'No policy was in force before this one.');
  refuseOutlived(c, await findPolicy(db, version));
  const entry = auditEntry(c, {
    action: 'policy.rollback',
    target: `policy:${version}`,
    tenantId: null,
    after: { version },
  });
  const from = { version: active.version, previous: version };
  const moved = await movePolicyPointer(db, { version, entry, from });
  if (!moved) {
    throw new AppError('conflict', 'Another policy was put in force at the same moment.', {
      hint: 'Look which one is in force before you roll back.',
    });
  }
  return { ...moved, inForceWithinS };
}
