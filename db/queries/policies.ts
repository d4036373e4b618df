import { eq } from 'drizzle-orm';
import { policySchema, type Policy } from '../../contract/policy.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { activePolicy, policies } from '../schema.ts';
import type { Db } from './open.ts';

/** `active_policy` has one row, and this is its id. */
const ACTIVE_ID = 1;

async function selectActive(db: Db): Promise<Policy | null> {
  const [row] = await db
    .select({ version: policies.version, rules: policies.rules })
    .from(activePolicy)
    .innerJoin(policies, eq(policies.version, activePolicy.version))
    .where(eq(activePolicy.id, ACTIVE_ID))
    .limit(1);
  return row ? policySchema.parse(row) : null;
}

/**
 * Writes policy version 1 and points at it, unless that happened before. Both statements ignore
 * what is there, so any number of first requests may race.
 */
async function seedPolicy(db: Db, now: number): Promise<void> {
  await db.batch([
    db
      .insert(policies)
      .values({
        version: SEED_POLICY.version,
        rules: SEED_POLICY.rules,
        author: 'system',
        note: 'The first policy.',
        createdAt: now,
      })
      .onConflictDoNothing(),
    db
      .insert(activePolicy)
      .values({ id: ACTIVE_ID, version: SEED_POLICY.version, updatedAt: now })
      .onConflictDoNothing(),
  ]);
}

/**
 * The policy in force. A database that never had one gets the seed first. Throws when D1 is down or
 * the stored rules do not parse; the agent then keeps the copy it has.
 */
export async function readActivePolicy(db: Db, now: number = Date.now()): Promise<Policy> {
  const found = await selectActive(db);
  if (found) return found;
  await seedPolicy(db, now);
  const seeded = await selectActive(db);
  if (!seeded) throw new Error('The seed policy was written but is not active.');
  return seeded;
}
