import { lt, sql } from 'drizzle-orm';
import type { WakeResult } from '../../contract/wakes.ts';
import { wakes } from '../schema.ts';
import type { Db } from './open.ts';

/** Writes what became of generations of an agent; what is there already stays. */
export function insertWakes(db: Db, tenantId: string, results: readonly WakeResult[]) {
  const rows = results.map(({ generation, outcome, at, ms }) => [generation, outcome, at, ms]);
  // One value for all of them: D1 binds a hundred at most.
  const each = sql`SELECT ${tenantId}, value->>0, value->>1, value->>2, value->>3
    FROM json_each(${JSON.stringify(rows)}) WHERE true`;
  return db.insert(wakes).select(each).onConflictDoNothing();
}

/** Forgets what became of generations before a time, UTC ms. */
export function deleteWakes(db: Db, before: number) {
  return db.delete(wakes).where(lt(wakes.at, before));
}
