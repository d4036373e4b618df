import { insertUsage, MAX_ROWS_PER_INSERT } from '../db/queries/usage.ts';
import { openDb } from '../db/queries/open.ts';
import type { AiGateway } from './ai-gateway.ts';
import { writeCell } from './cells.ts';
import type { AttemptRow } from './ledger.ts';
import { markFlushed, readOutbox } from './ledger-outbox.ts';
import { nextLookupAt, postponeLookup, takeLookups } from './lookups.ts';
import { finish } from './settle.ts';
import type { AgentDb } from './storage.ts';
import { decideSweep, MAX_LOOKUPS_PER_SWEEP, type Lookup } from './sweep.ts';

/** A settled attempt waits this long for others before it goes to D1, ms. */
export const FLUSH_DELAY_MS = 2_000;
/** Statements of one flush; what is left is due at once again. */
const MAX_BATCHES = 10;

/**
 * Sends the outbox to D1. The insert ignores rows that are there, so a flush that died half-way is
 * simply repeated. Answers how many rows went.
 */
export async function flushOutbox(deps: {
  db: AgentDb;
  d1: D1Database;
  tenantId: string;
  now: () => number;
}): Promise<{ flushed: number; more: boolean }> {
  const { db, d1, tenantId, now } = deps;
  let flushed = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const rows = readOutbox(db, tenantId, MAX_ROWS_PER_INSERT);
    if (rows.length === 0) {
      writeCell(db, 'lastFlushAt', now());
      return { flushed, more: false };
    }
    await insertUsage(openDb(d1), rows);
    const ids = rows.map((row) => row.id);
    markFlushed(db, ids, now());
    flushed += rows.length;
  }
  return { flushed, more: true };
}

/** Looks up attempts whose usage never came, and books what can be booked. */
export async function sweepAttempts(deps: {
  db: AgentDb;
  gateway: Pick<AiGateway, 'lookUp'>;
  now: () => number;
  /** A call of a turn was booked. */
  turnUsed?: (turnId: string) => void;
}): Promise<{ booked: number; nextAt: number | null }> {
  const { db, gateway, now, turnUsed } = deps;
  let booked = 0;
  const ask = async (row: AttemptRow): Promise<Lookup> =>
    gateway.lookUp(row).then(
      (found) => found,
      (): Lookup => ({ kind: 'unavailable' }),
    );
  // Side by side: a log that hangs costs one deadline, not one for each.
  const rows = takeLookups(db, now(), MAX_LOOKUPS_PER_SWEEP);
  const lookups = await Promise.all(rows.map(ask));
  for (const [index, row] of rows.entries()) {
    const lookup = lookups[index] ?? { kind: 'unavailable' };
    const wasAnswered = row.status !== null || row.logId !== null || row.firstByteMs !== null;
    const decision = decideSweep({ ...row, wasAnswered }, lookup, now());
    if ('askAgainAt' in decision) {
      postponeLookup(db, row.id, decision.askAgainAt);
      continue;
    }
    const found = lookup.kind === 'found' ? { logId: lookup.logId, status: lookup.status } : {};
    finish(db, row, {
      ...row,
      ...found,
      usage: decision.usage,
      settledBy: decision.book,
      now: now(),
    });
    booked += 1;
    if (row.turnId !== null) turnUsed?.(row.turnId);
  }
  return { booked, nextAt: nextLookupAt(db) };
}
