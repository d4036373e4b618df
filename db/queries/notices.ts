import { and, desc, lt, lte, or } from 'drizzle-orm';
import { notices } from '../schema.ts';
import type { Db } from './open.ts';

/** A notice as it is kept. Its id says what it is about, in characters that a cursor takes. */
export type NoticeRow = typeof notices.$inferSelect;

/** Where a page of notices ends: the newest come first, ties in descending order of id. */
export interface NoticePosition {
  createdAt: number;
  id: string;
}

/** Writes a notice unless there is one of that id: the first word stays. */
export async function insertNotice(db: Db, notice: NoticeRow): Promise<void> {
  await db.insert(notices).values(notice).onConflictDoNothing();
}

/** One page of notices, strictly after `after`. */
export async function listNotices(
  db: Db,
  { limit, after }: { limit: number; after: NoticePosition | null },
): Promise<NoticeRow[]> {
  const rest = after
    ? and(
        lte(notices.at, after.createdAt),
        or(lt(notices.at, after.createdAt), lt(notices.id, after.id)),
      )
    : undefined;
  return db
    .select()
    .from(notices)
    .where(rest)
    .orderBy(desc(notices.at), desc(notices.id))
    .limit(limit);
}
