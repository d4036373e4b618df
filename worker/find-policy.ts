import { AppError } from '../contract/errors.ts';
import { policySchema, type Policy } from '../contract/policy.ts';
import { policyVersion, type PolicyView } from '../contract/routing.ts';
import type { Db } from '../db/queries/open.ts';
import {
  policyByVersion,
  readActive,
  type ActivePolicy,
  type PolicyRow,
} from '../db/queries/policies.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { defaultPlatform, platformsOf } from './env.ts';

/** The policy of a version as a path names it. Throws not_found. */
export async function findPolicy(db: Db, version: string | number): Promise<PolicyRow> {
  const parsed = policyVersion.safeParse(version);
  const row = parsed.success ? await policyByVersion(db, parsed.data) : null;
  if (!row) throw new AppError('not_found', 'There is no policy of this version.');
  return row;
}

/** The policy in force, as this request finds it. */
export function readActiveOf(c: EdgeContext): Promise<ActivePolicy> {
  return readActive(dbOf(c), c.var.deps.now());
}

/** The rules of a row with their version, for the functions that decide by them. */
export function policyOf({ version, rules }: PolicyRow): Policy {
  return policySchema.parse({ version, rules });
}

/** A policy as operators see it. */
export function policyViewOf(row: PolicyRow, active: number): PolicyView {
  return { ...row, active: row.version === active };
}

/** The platform that a request names, or the default one. Throws invalid_request for another. */
export function platformNamed(env: { PLATFORMS: string }, named: string | undefined): string {
  const platform = named ?? defaultPlatform(env);
  const platforms = platformsOf(env);
  if (platforms.includes(platform)) return platform;
  throw new AppError('invalid_request', `platform: must be one of ${platforms.join(', ')}`);
}
