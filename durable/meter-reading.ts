import { count as counted, gte, inArray } from 'drizzle-orm';
import { attempts } from '../db/agent/schema.ts';
import { readCell } from './cells.ts';
import type { AttemptRow } from './ledger.ts';
import { count, NOTHING, roll, type Meters } from './meters.ts';
import type { AgentDb } from './storage.ts';

/** The meters in the windows of `now`, UTC ms. */
export function readMeters(db: AgentDb, now: number): Meters {
  const meter = readCell(db, 'meters') ?? sumUp(db, now);
  return roll(meter.held === null ? { ...meter, held: countHeld(db) } : meter, now);
}

function countHeld(db: AgentDb): number {
  const isHeld = inArray(attempts.state, ['open', 'unsettled']);
  return db.select({ n: counted() }).from(attempts).where(isHeld).get()?.n ?? 0;
}

/**
 * The meters of an agent that has none yet: an earlier release kept none. Its attempts under way would
 * give back, at their end, what was never held.
 */
function sumUp(db: AgentDb, now: number): Meters {
  const none = roll(null, now);
  const rows = db.select().from(attempts).where(gte(attempts.createdAt, none.month.start)).all();
  const unheld: Meters = { ...none, held: null };
  return rows.reduce(
    (meter, row) => count(meter, { ...amountsOf(row), at: row.createdAt }),
    unheld,
  );
}

function amountsOf(row: AttemptRow): Pick<Parameters<typeof count>[1], 'held' | 'used'> {
  if (row.state === 'open' || row.state === 'unsettled') {
    return { held: { tokens: row.reservedTokens, nano: row.reservedNano }, used: NOTHING };
  }
  return { held: NOTHING, used: { tokens: row.tokensIn + row.tokensOut, nano: row.costNano } };
}
