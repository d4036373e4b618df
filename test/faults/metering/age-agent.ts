import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { ageAttempts, select } from '../store-files.ts';
import { METERS, metersCell } from './books.ts';

const held = z.object({ tokens: z.number().nullable(), nano: z.number().nullable() });

/**
 * Makes what a stopped agent has not settled yet older. An attempt holds tokens of the day and money
 * of the month it began in: of those it comes to lie before it holds nothing any more, as after
 * midnight.
 */
export function ageAgent(file: string, byMs: number): void {
  const [cell] = select(file, METERS, metersCell);
  if (!cell) return;
  const { day, month } = cell.value;
  const aged = {
    ...cell.value,
    day: { ...day, heldTokens: day.heldTokens - leaving(file, day.start, byMs).tokens },
    month: { ...month, heldNano: month.heldNano - leaving(file, month.start, byMs).nano },
  };
  using database = new DatabaseSync(file);
  database.prepare(`UPDATE cells SET value = ? WHERE key = 'meters'`).run(JSON.stringify(aged));
  ageAttempts(file, byMs);
}

/** What those attempts hold that began in a window and will have begun before it. */
function leaving(file: string, start: number, byMs: number): { tokens: number; nano: number } {
  const sql = `SELECT sum(reserved_tokens) AS tokens, sum(reserved_nano) AS nano FROM attempts
    WHERE state IN ('open', 'unsettled') AND created_at >= ${start} AND created_at < ${start + byMs}`;
  const [sums] = select(file, sql, held);
  return { tokens: sums?.tokens ?? 0, nano: sums?.nano ?? 0 };
}
