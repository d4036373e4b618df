import { and, asc, eq, gt, inArray, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import { decodeTime } from 'ulid';
import { forgotten, snapshots } from '../db/agent/schema.ts';
import { OpenClawLink } from './openclaw-link.ts';
import type { AgentDb } from './storage.ts';
import { sessionKeyOf } from './turns.ts';

/** Sessions forgotten in one go; the rest follows at the next. */
const MAX_FORGOTTEN_AT_ONCE = 50;
/** Deletions kept in mind after they were told: more than a tenant makes while a snapshot is kept. */
const MAX_KEPT_DELETIONS = 10_000;

export interface ForgetDeps {
  db: AgentDb;
  /** The life of the sandbox that is ready, and the snapshot it began from; null for none. */
  generation: number;
  restored: string | null;
  now: number;
  openGateway(): Promise<{ socket: WebSocket; token: string }>;
}

/** Those that OpenClaw knows: it was not told yet, or in a life before what it was restored from. */
function isKnown({ generation, restored }: ForgetDeps): SQL | undefined {
  const untold = isNull(forgotten.toldAt);
  if (restored === null) return untold;
  const cameBack = and(
    ne(forgotten.toldIn, generation),
    // A snapshot holds what was before its ticket, by whose time it is named.
    gt(forgotten.toldAt, decodeTime(restored)),
  );
  return or(untold, cameBack);
}

/** Drops what no snapshot can bring back any more, and the oldest of too many. */
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
    (SELECT rowid FROM ${forgotten} ORDER BY ${forgotten.deletedAt} DESC
     LIMIT -1 OFFSET ${MAX_KEPT_DELETIONS})`);
}

/**
 * Deletes in OpenClaw what was deleted here, and again what a restored snapshot has brought back.
 * Deleting needs more rights than chatting, so it has a link of its own, which no member's text ever goes
 * over. Answers how many are gone.
 */
export async function forgetSessions(deps: ForgetDeps): Promise<number> {
  const { db, generation, now } = deps;
  const rows = db
    .select({ sessionId: forgotten.sessionId })
    .from(forgotten)
    .where(isKnown(deps))
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
      const told = { toldAt: now, toldIn: generation };
      db.update(forgotten).set(told).where(eq(forgotten.sessionId, sessionId)).run();
    }
  } finally {
    link.close();
  }
  dropSettled(db);
  return rows.length;
}
