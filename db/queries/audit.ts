import { ulid } from 'ulid';
import { audit } from '../schema.ts';
import type { Db } from './open.ts';

/** One change by an operator. `before` and `after` are plain data without secrets. */
export interface AuditEntry {
  at: number;
  actor: string;
  action: string;
  target: string;
  tenantId: string | null;
  before: unknown;
  after: unknown;
  requestId: string;
}

/** The row of an entry, with its id. */
export function auditRow(entry: AuditEntry): typeof audit.$inferInsert {
  return { id: ulid(entry.at), ...entry };
}

/** Writes one entry by itself; changes of D1 put theirs into the same batch instead. */
export async function writeAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(audit).values(auditRow(entry));
}
