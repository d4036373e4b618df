import { AppError } from '../contract/errors.ts';
import type { Limits } from '../contract/limits.ts';
import { writeCell } from './cells.ts';
import { readMeters } from './meter-reading.ts';
import { countTurn, turnRefusal } from './meters.ts';
import type { AgentDb } from './storage.ts';

/** Counts one message more, or AppError rate_limited when this minute has had as many as it may. */
export function takeTurn(db: AgentDb, limits: Limits, now: number): void {
  const meter = readMeters(db, now);
  const refused = turnRefusal(meter, { limits, now });
  if (refused) {
    const retryAfterS = Math.ceil(refused.retryAfterMs / 1_000);
    throw new AppError(refused.code, refused.message, { retryAfterS });
  }
  writeCell(db, 'meters', countTurn(meter));
}
