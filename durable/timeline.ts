import { and, asc, desc, gt, lt, lte, max, sql } from 'drizzle-orm';
import {
  MAX_TIMELINE_ENTRIES,
  type TimelineData,
  type TimelineEntry,
  type TimelinePage,
  type TimelineQuery,
} from '../contract/timeline.ts';
import { timeline } from '../db/agent/schema.ts';
import { readCell } from './cells.ts';
import { prepared } from './prepared.ts';
import type { AgentDb } from './storage.ts';

/** Rows beyond the newest are removed once in so many: a model call pays for one small insert only. */
export const PRUNE_EVERY = 64;

type Listener = (entry: TimelineEntry) => void;

/** Who is told of new entries, by the storage, which all handles on one agent's SQLite share. */
const listeners = new WeakMap<DurableObjectStorage, Listener>();

/** Tells one listener of each entry from now on, while its commit is still under way. */
export function followTimeline(db: AgentDb, listener: Listener): void {
  listeners.set(db.$client, listener);
}

const { placeholder } = sql;
const insertEntry = prepared((db) =>
  db
    .insert(timeline)
    .values({
      at: placeholder('at'),
      generation: placeholder('generation'),
      data: placeholder('data'),
    })
    .returning({ seq: timeline.seq })
    .prepare(),
);

/** Writes down what happens, in the commit that makes it so. */
export function note(db: AgentDb, data: TimelineData, now: number): void {
  const generation = readCell(db, 'wake')?.generation ?? 0;
  const { seq } = insertEntry(db).get({ at: now, generation, data });
  if (seq % PRUNE_EVERY === 0) prune(db, seq);
  listeners.get(db.$client)?.({ seq, at: now, generation, data });
}

/** The newest row stays, so that no number is ever used again. */
function prune(db: AgentDb, newest: number): void {
  db.delete(timeline)
    .where(lte(timeline.seq, newest - MAX_TIMELINE_ENTRIES))
    .run();
}

/** The number of the newest entry; 0 when there is none. */
export function lastSeq(db: AgentDb): number {
  return (
    db
      .select({ seq: max(timeline.seq) })
      .from(timeline)
      .get()?.seq ?? 0
  );
}

/** Entries right after one, or else the newest; oldest first. */
export function readTimeline(db: AgentDb, query: TimelineQuery): TimelinePage {
  const { after, before, limit } = query;
  const wanted = and(
    after === undefined ? undefined : gt(timeline.seq, after),
    before === undefined ? undefined : lt(timeline.seq, before),
  );
  const order = after === undefined ? desc(timeline.seq) : asc(timeline.seq);
  const rows = db
    .select()
    .from(timeline)
    .where(wanted)
    .orderBy(order)
    .limit(limit + 1)
    .all();
  const page = rows.slice(0, limit);
  const entries = after === undefined ? page.toReversed() : page;
  return { entries, more: rows.length > limit, lastSeq: lastSeq(db) };
}
