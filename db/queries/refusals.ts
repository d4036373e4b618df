import { lt, sql } from 'drizzle-orm';
import { refusals } from '../schema.ts';
import type { Db } from './open.ts';

export type RefusalCount = typeof refusals.$inferSelect;

/** Adds to the counts of refusals. Doing it twice counts twice. */
export async function addRefusals(db: Db, counts: readonly RefusalCount[]): Promise<void> {
  const rows = counts.map(({ hour, route, status, count }) => [hour, route, status, count]);
  // One value for all of them: D1 binds a hundred at most.
  const each = sql`SELECT value->>0, value->>1, value->>2, value->>3
    FROM json_each(${JSON.stringify(rows)}) WHERE true`;
  await db
    .insert(refusals)
    .select(each)
    .onConflictDoUpdate({
      target: [refusals.hour, refusals.route, refusals.status],
      set: { count: sql`${refusals.count} + excluded.count` },
    });
}

/** Forgets the counts of hours before a time, UTC ms. */
export function deleteRefusals(db: Db, before: number) {
  return db.delete(refusals).where(lt(refusals.hour, before));
}
