import type { Db } from '../db/queries/open.ts';
import { deleteRefusals } from '../db/queries/refusals.ts';
import { deleteWakes } from '../db/queries/wakes.ts';

/** A month and some days, ms: nothing compares with more. */
export const COUNTS_KEPT_MS = 35 * 86_400_000;

/** Forgets old counts of wakes and refusals. */
export async function thinCounts(db: Db, now: number): Promise<void> {
  const before = now - COUNTS_KEPT_MS;
  await db.batch([deleteWakes(db, before), deleteRefusals(db, before)]);
}
