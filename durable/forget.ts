import { and, asc, eq, gt, inArray, isNull, lt, ne, sql } from 'drizzle-orm';
import { decodeTime } from 'ulid';
import { forgotten, snapshots } from '../db/agent/schema.ts';
import { OpenClawLink } from './openclaw-link.ts';
import type { AgentDb } from './storage.ts';
import { sessionKeyOf } from './turns.ts';

/** Sessions forgotten in one go; the rest follows at the next. */
export const MAX_FORGOTTEN_AT_ONCE = 50;
/** Deletions kept in mind after they were told: more than a tenant makes while a snapshot is kept. */
const MAX_KEPT_DELETIONS = 10_000;

export interface ForgetDeps {
  db: AgentDb;
  /** The life of the sandbox that is ready, and the snapshot it began from; null for none. */
  generation: number;
  restored: string | null;
  now(): number;
  openGateway(): Promise<{ socket: WebSocket; token: string }>;
}

/**
 * Takes back what was told before the life that is, and after what it was restored from: OpenClaw knows
 * it again. Written down before it is told, since the next snapshot will hold it.
 */
function takeBack({ db, generation, restored }: ForgetDeps): void {
  if (restored === null) return;
  const cameBack = and(
    ne(forgotten.toldIn, generation),
    // A snapshot holds what was before its ticket, by whose time it is named.
    gt(forgotten.toldAt, decodeTime(restored)),
  );
  db.update(forgotten).set({ toldAt: null, toldIn: null }).where(cameBack).run();
}

/** Of what was told: drops what no snapshot can bring back any more, and the oldest of too many. */
function dropSettled(db: AgentDb): void {
  const oldest = db
    .select({ id: snapshots.id })
    .from(snapshots)
    .where(inArray(snapshots.state, ['ticketed', 'stored', 'damaged']))
    .orderBy(asc(snapshots.id))
    .limit(1)
    .get();
  if (oldest)
    db.delete(forgotten)
      .where(lt(forgotten.toldAt, decodeTime(oldest.id)))
      .run();
  db.run(sql`DELETE FROM ${forgotten} WHERE rowid IN
    (SELECT rowid FROM ${forgotten} WHERE ${forgotten.toldAt} IS NOT NULL
     ORDER BY ${forgotten.deletedAt} DESC LIMIT -1 OFFSET ${MAX_KEPT_DELETIONS})`);
}

/**
 * Deletes in OpenClaw what was deleted here, and again what a restored snapshot has brought back.
 * Deleting needs more rights than chatting, so it has a link of its own, which no member's text ever goes
 * over. Answers how many are gone: MAX_FORGOTTEN_AT_ONCE when there may be more.
 */
export async function forgetSessions(deps: ForgetDeps): Promise<number> {
  const { db, generation, now } = deps;
  takeBack(deps);
  const rows = db
    .select({ sessionId: forgotten.sessionId })
    .from(forgotten)
    .where(isNull(forgotten.toldAt))
    .orderBy(asc(forgotten.deletedAt))
    .limit(MAX_FORGOTTEN_AT_ONCE)
    .all();
  if (rows.length === 0) return 0;
  const { socket, token } = await deps.openGateway();
  const scopes = ['operator.read', 'operator.write', 'operator.admin'];
  const link = await OpenClawLink.open(socket, { token, onEvent: () => undefined, scopes });
  try {
    for (const { sessionId } of rows) {
      const key = sessionKeyOf(sessionId);
      await link.request('sessions.delete', { key, deleteTranscript: true });
      // Not before: a snapshot that is made meanwhile may still hold it.
      const told = { toldAt: now(), toldIn: generation };
      db.update(forgotten).set(told).where(eq(forgotten.sessionId, sessionId)).run();
    }
  } finally {
    link.close();
  }
  dropSettled(db);
  return rows.length;
}
