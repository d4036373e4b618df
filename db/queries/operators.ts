import { and, eq } from 'drizzle-orm';
import { operators } from '../schema.ts';
import type { Db } from './open.ts';

export type OperatorRole = (typeof operators.$inferSelect)['role'];
export type OperatorKind = (typeof operators.$inferSelect)['kind'];

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
