import { and, desc, eq, inArray } from 'drizzle-orm';
import type { TurnUsage } from '../contract/frames.ts';
import { attempts, events, turns } from '../db/agent/schema.ts';
import type { AgentDb } from './storage.ts';

const ENDS = ['final', 'aborted', 'error'] as const;

/**
 * What a turn's model calls have used; null when it made none, and while one of them is not settled
 * yet: half a cost would be taken for the whole.
 */
export function usageOf(db: AgentDb, turnId: string): TurnUsage | null {
  const made = db
    .select({ model: attempts.model, state: attempts.state })
    .from(attempts)
    .where(eq(attempts.turnId, turnId))
    .orderBy(desc(attempts.createdAt), desc(attempts.attempt))
    .all();
  const [last] = made;
  if (!last || made.some(({ state }) => state === 'open' || state === 'unsettled')) return null;
  const used = db
    .select({ tokensIn: turns.tokensIn, tokensOut: turns.tokensOut, costNano: turns.costNano })
    .from(turns)
    .where(eq(turns.id, turnId))
    .get();
  return used ? { model: last.model, ...used } : null;
}

/**
 * Writes what a turn has used into its last event, when the last of its calls is settled after that.
 * Answers what its followers are to be told; null when there is nothing to tell.
 */
export function noteUsage(
  db: AgentDb,
  turnId: string,
): { sessionId: string; turnId: string; usage: TurnUsage } | null {
  const ofEnd = and(eq(events.turnId, turnId), inArray(events.type, [...ENDS]));
  const end = db
    .select({ sessionId: events.sessionId, data: events.data })
    .from(events)
    .where(ofEnd)
    .get();
  if (!end || !('text' in end.data) || end.data.type === 'user' || end.data.type === 'delta') {
    return null;
  }
  const usage = usageOf(db, turnId);
  if (usage === null) return null;
  db.update(events)
    .set({ data: { ...end.data, usage } })
    .where(ofEnd)
    .run();
  return { sessionId: end.sessionId, turnId, usage };
}
