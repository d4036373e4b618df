import { asc, eq } from 'drizzle-orm';
import { forgotten } from '../db/agent/schema.ts';
import { OpenClawLink } from './openclaw-link.ts';
import type { AgentDb } from './storage.ts';
import { sessionKeyOf } from './turns.ts';

/** Sessions forgotten in one go; the rest follows at the next. */
const MAX_FORGOTTEN_AT_ONCE = 50;

/**
 * Deletes in OpenClaw what was deleted here. Deleting needs more rights than chatting, so it has a
 * link of its own, which no member's text ever goes over. Answers how many are gone.
 */
export async function forgetSessions(deps: {
  db: AgentDb;
  openGateway(): Promise<{ socket: WebSocket; token: string }>;
}): Promise<number> {
  const { db } = deps;
  const rows = db
    .select()
    .from(forgotten)
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
      db.delete(forgotten).where(eq(forgotten.sessionId, sessionId)).run();
    }
  } finally {
    link.close();
  }
  return rows.length;
}
