import { and, desc, eq, inArray, lt, max, ne, sql, type SQL } from 'drizzle-orm';
import { policySchema, type Policy, type PolicyRule } from '../../contract/policy.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { activePolicy, audit, policies } from '../schema.ts';
import { auditRow, type AuditEntry } from './audit.ts';
import type { Db } from './open.ts';

/** `active_policy` has one row, and this is its id. */
const ACTIVE_ID = 1;
const isPointer = eq(activePolicy.id, ACTIVE_ID);

export type PolicyRow = typeof policies.$inferSelect;

/** Which policy is in force, which was before, and since when. */
export interface ActivePolicy extends Omit<typeof activePolicy.$inferSelect, 'id'> {
  row: PolicyRow;
}

async function selectActive(db: Db): Promise<ActivePolicy | null> {
  const [found] = await db
    .select()
    .from(activePolicy)
    .innerJoin(policies, eq(policies.version, activePolicy.version))
    .where(isPointer)
    .limit(1);
  if (!found) return null;
  const { version, previousVersion, updatedAt } = found.active_policy;
  return { version, previousVersion, updatedAt, row: found.policies };
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

/** The pointer and the row it points at. A database that never had one gets the seed first. */
export async function readActive(db: Db, now: number): Promise<ActivePolicy> {
  const found = await selectActive(db);
  if (found) return found;
  await seedPolicy(db, now);
  const seeded = await selectActive(db);
  if (!seeded) throw new Error('The seed policy was written but is not active.');
  return seeded;
}

/**
 * The policy in force. A database that never had one gets the seed first. Throws when D1 is down or
 * the stored rules do not parse; the agent then keeps the copy it has.
 */
export async function readActivePolicy(db: Db, now: number = Date.now()): Promise<Policy> {
  const { row } = await readActive(db, now);
  return policySchema.parse({ version: row.version, rules: row.rules });
}

/** A stored policy, or null. */
export async function policyByVersion(db: Db, version: number): Promise<PolicyRow | null> {
  const [row] = await db.select().from(policies).where(eq(policies.version, version)).limit(1);
  return row ?? null;
}

/** The stored policies of some versions, at most 100: D1's parameters. */
export async function policiesByVersion(db: Db, versions: readonly number[]): Promise<PolicyRow[]> {
  if (versions.length === 0) return [];
  return db
    .select()
    .from(policies)
    .where(inArray(policies.version, [...versions]));
}

/** The newest version there is; 0 before the first. */
export async function newestPolicyVersion(db: Db): Promise<number> {
  const [row] = await db.select({ version: max(policies.version) }).from(policies);
  return row?.version ?? 0;
}

/** One page of the policies older than `before`, the newest first, without their rules. */
export function listPolicies(
  db: Db,
  query: { limit: number; before: number | null },
): Promise<(Omit<PolicyRow, 'rules'> & { ruleCount: number })[]> {
  const { version, author, note, createdAt } = policies;
  return db
    .select({
      version,
      author,
      note,
      createdAt,
      ruleCount: sql<number>`json_array_length(${policies.rules})`,
    })
    .from(policies)
    .where(query.before === null ? undefined : lt(version, query.before))
    .orderBy(desc(version))
    .limit(query.limit);
}

/** The two statements that put a version in force where the pointer is as it should be. */
function movePointer(db: Db, move: { version: number; entry: AuditEntry; where?: SQL }) {
  const { version, entry, where } = move;
  const moves = and(isPointer, ne(activePolicy.version, version), where);
  const row = auditRow(entry);
  const after = JSON.stringify(entry.after ?? { version });
  return [
    // The columns in the order of the schema. What was in force is read in the same transaction.
    db.insert(audit).select(sql`
      SELECT ${row.id}, ${row.at}, ${row.actor}, ${row.action}, ${row.target}, ${row.tenantId},
             json_object('version', ${activePolicy.version}), ${after}, ${row.requestId}
      FROM ${activePolicy} WHERE ${moves}`),
    db
      .update(activePolicy)
      .set({ version, previousVersion: sql`${activePolicy.version}`, updatedAt: entry.at })
      .where(moves)
      .returning({ version: activePolicy.version, previous: activePolicy.previousVersion }),
  ] as const;
}

/**
 * Stores a policy as the version after `basedOn`, with its audit entry, and puts it in force where
 * an entry for that is given, all or nothing. Throws what D1 throws when the version is taken.
 */
export async function insertPolicy(
  db: Db,
  creation: {
    policy: { rules: PolicyRule[]; author: string; note: string };
    basedOn: number;
    entry: AuditEntry;
    activation: AuditEntry | null;
  },
): Promise<PolicyRow> {
  const { policy, basedOn, entry, activation } = creation;
  const row: PolicyRow = { ...policy, version: basedOn + 1, createdAt: entry.at };
  const store = [
    db.insert(policies).values(row),
    db.insert(audit).values(auditRow(entry)),
  ] as const;
  const { version } = row;
  if (activation) await db.batch([...store, ...movePointer(db, { version, entry: activation })]);
  else await db.batch(store);
  return row;
}

/**
 * Puts a stored version in force and writes the audit entry, whose `before` is filled in. Null when
 * nothing moved: it was in force already, or `from` is given and is not what the pointer says.
 */
export async function movePolicyPointer(
  db: Db,
  move: { version: number; entry: AuditEntry; from?: { version: number; previous: number } },
): Promise<{ version: number; previous: number | null } | null> {
  const { version, entry, from } = move;
  const where =
    from &&
    and(eq(activePolicy.version, from.version), eq(activePolicy.previousVersion, from.previous));
  const [, moved] = await db.batch(movePointer(db, { version, entry, where }));
  return moved[0] ?? null;
}
