import { AppError } from '../contract/errors.ts';
import type { CreatedPolicy, CreatePolicyBody } from '../contract/routing.ts';
import { DRAFT_VERSION } from '../contract/policy-rule.ts';
import { insertPolicy, newestPolicyVersion } from '../db/queries/policies.ts';
import { auditEntry, operatorOf } from './audit.ts';
import { checkRules } from './check-policy.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { policyViewOf, readActiveOf } from './find-policy.ts';

/** Throws conflict when the author has not seen the newest policy. */
async function refuseOutdated(c: EdgeContext, basedOn: number, cause?: unknown): Promise<void> {
  const newest = await newestPolicyVersion(dbOf(c));
  if (newest === basedOn) return;
  throw new AppError('conflict', `The newest policy is version ${newest}, not ${basedOn}.`, {
    hint: `Compare with version ${newest}, and send the rules again with that as basedOn.`,
    cause,
  });
}

/**
 * Stores rules as the next version, and puts it in force where the body says so: version, pointer
 * and audit in one commit. Throws invalid_policy with a line per problem, and conflict.
 */
export async function storePolicy(c: EdgeContext, body: CreatePolicyBody): Promise<CreatedPolicy> {
  const { rules, note, basedOn, activate } = body;
  const { warnings, errorLines } = checkRules(c.env, { version: DRAFT_VERSION, rules });
  if (errorLines) {
    throw new AppError('invalid_policy', 'The policy has errors and was not stored.', {
      details: errorLines,
    });
  }
  const db = dbOf(c);
  const before = await readActiveOf(c);
  await refuseOutdated(c, basedOn);
  const version = basedOn + 1;
  const target = `policy:${version}`;
  const entry = auditEntry(c, {
    action: 'policy.create',
    target,
    tenantId: null,
    before: { newest: basedOn },
    // The rules themselves are in the policy, which never changes.
    after: { version, note, ruleCount: rules.length },
  });
  const activation = activate
    ? auditEntry(c, { action: 'policy.activate', target, tenantId: null, after: { version } })
    : null;
  try {
    const policy = { rules, note, author: operatorOf(c).subject };
    const row = await insertPolicy(db, { policy, basedOn, entry, activation });
    return { ...policyViewOf(row, activate ? version : before.version), warnings };
  } catch (cause) {
    // Someone else may have stored that version since it was looked up.
    await refuseOutdated(c, basedOn, cause);
    throw cause;
  }
}
