import { and, asc, gt, lt, sql } from 'drizzle-orm';
import type { TimelineData } from '../contract/timeline.ts';
import type { Workload } from '../contract/tiers.ts';
import { attempts } from '../db/agent/schema.ts';
import type { AttemptRow } from './ledger.ts';
import { prepared } from './prepared.ts';
import type { AgentDb } from './storage.ts';
import { note } from './timeline.ts';

type CallNews = Extract<TimelineData, { type: 'call' }>;

/** What of its attempts a call's entry tells. */
export type CallAttempt = Pick<
  AttemptRow,
  | 'callId'
  | 'attempt'
  | 'state'
  | 'turnId'
  | 'workload'
  | 'model'
  | 'costNano'
  | 'outcome'
  | 'settledBy'
  | 'latencyMs'
>;

/** A call's attempts in order, by their ids: `<call>.<n>`. No index but the key is needed. */
const readAttempts = prepared((db) =>
  db
    .select()
    .from(attempts)
    .where(
      and(
        gt(attempts.id, sql`${sql.placeholder('callId')} || '.'`),
        lt(attempts.id, sql`${sql.placeholder('callId')} || '/'`),
      ),
    )
    .orderBy(asc(attempts.attempt))
    .prepare(),
);

/** A call as its entry in the timeline; null while one of its attempts is not booked. */
function callNews(rows: readonly CallAttempt[]): CallNews | null {
  const last = rows.at(-1);
  if (!last || rows.some(({ state }) => state === 'open' || state === 'unsettled')) return null;
  return {
    type: 'call',
    callId: last.callId,
    turnId: last.turnId,
    workload: last.workload as Workload,
    model: last.model,
    attempts: last.attempt,
    costNano: rows.reduce((sum, { costNano }) => sum + costNano, 0),
    outcome: last.outcome ?? 'lost',
    settledBy: last.settledBy ?? 'estimated',
    ms: Math.max(0, last.latencyMs),
  };
}

/** A call's attempts in order, as far as they are not forgotten. */
export function attemptsOf(db: AgentDb, callId: string): AttemptRow[] {
  return readAttempts(db).all({ callId });
}

/** Writes a call down that is over, in the commit that made the last of its attempts final. */
export function noteCall(db: AgentDb, rows: readonly CallAttempt[], now: number): void {
  const news = callNews(rows);
  if (news) note(db, news, now);
}
