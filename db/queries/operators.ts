import { and, asc, eq, ne, sql, type SQL } from 'drizzle-orm';
import { audit, operators } from '../schema.ts';
import { auditRow, insertAuditFrom, type AuditEntry } from './audit.ts';
import type { Db } from './open.ts';

export type OperatorRow = typeof operators.$inferSelect;
export type OperatorRole = OperatorRow['role'];
export type OperatorKind = OperatorRow['kind'];

/** The role of a person (lower-case e-mail) or service token (client id), or null for a stranger. */
export async function roleOfOperator(
  db: Db,
  who: { subject: string; kind: OperatorKind },
): Promise<OperatorRole | null> {
  const [row] = await db
    .select({ role: operators.role })
    .from(operators)
    .where(and(eq(operators.subject, who.subject), eq(operators.kind, who.kind)))
    .limit(1);
  return row?.role ?? null;
}

/** The stored operators by subject. */
export async function listOperators(db: Db, limit: number): Promise<OperatorRow[]> {
  return db.select().from(operators).orderBy(asc(operators.subject)).limit(limit);
}

/** The stored operator of a subject, or null. */
export async function operatorBySubject(db: Db, subject: string): Promise<OperatorRow | null> {
  const [row] = await db.select().from(operators).where(eq(operators.subject, subject)).limit(1);
  return row ?? null;
}

/** Stores an operator with its audit entry. Throws what D1 throws when the subject is there already. */
export async function insertOperator(
  db: Db,
  creation: { row: OperatorRow; entry: AuditEntry },
): Promise<void> {
  const { row, entry } = creation;
  await db.batch([db.insert(operators).values(row), db.insert(audit).values(auditRow(entry))]);
}

/**
 * An operator who is still as `before`, where an admin is left without it: another stored one, or
 * one that needs no row here (`hasOtherAdmins`).
 */
function unchangedAndSpare(before: OperatorRow, hasOtherAdmins: boolean): SQL | undefined {
  const { subject, role } = before;
  const isSame = and(eq(operators.subject, subject), eq(operators.role, role));
  if (role !== 'admin' || hasOtherAdmins) return isSame;
  const others = and(ne(sql`other.subject`, subject), eq(sql`other.role`, 'admin'));
  return and(isSame, sql`exists (select 1 from ${operators} other where ${others})`);
}

interface OperatorChange {
  before: OperatorRow;
  /** Whether there are admins that are not stored, so that none has to stay here. */
  hasOtherAdmins: boolean;
  entry: AuditEntry;
}

/** Gives an operator another role, with the audit entry. False when it changed, or no admin would be left. */
export async function setOperatorRole(
  db: Db,
  change: OperatorChange & { role: OperatorRole },
): Promise<boolean> {
  const { before, hasOtherAdmins, entry, role } = change;
  const may = unchangedAndSpare(before, hasOtherAdmins);
  const [, changed] = await db.batch([
    insertAuditFrom(db, entry, sql`${operators} WHERE ${may}`),
    db.update(operators).set({ role }).where(may).returning({ subject: operators.subject }),
  ]);
  return changed.length > 0;
}

/** Removes an operator, with the audit entry. False when it changed, or no admin would be left. */
export async function deleteOperator(db: Db, change: OperatorChange): Promise<boolean> {
  const { before, hasOtherAdmins, entry } = change;
  const may = unchangedAndSpare(before, hasOtherAdmins);
  const [, removed] = await db.batch([
    insertAuditFrom(db, entry, sql`${operators} WHERE ${may}`),
    db.delete(operators).where(may).returning({ subject: operators.subject }),
  ]);
  return removed.length > 0;
}
