import { and, asc, eq, gt, lt } from 'drizzle-orm';
import type { UsageRow } from '../../contract/usage.ts';
import { usage } from '../schema.ts';
import type { Db } from './open.ts';

/** Attempts of one call that are looked at: a route has a handful of models. */
const MAX_ATTEMPTS = 50;

/**
 * The booked attempts of a tenant's call, in their order. Their ids are `<call>.<n>`, so that the table's
 * key finds them.
 */
export function bookedAttempts(
  db: Db,
  { tenantId, callId }: { tenantId: string; callId: string },
): Promise<UsageRow[]> {
  const ofCall = and(gt(usage.id, `${callId}.`), lt(usage.id, `${callId}/`));
  return db
    .select()
    .from(usage)
    .where(and(eq(usage.tenant_id, tenantId), ofCall))
    .orderBy(asc(usage.attempt))
    .limit(MAX_ATTEMPTS);
}
