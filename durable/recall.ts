import { and, desc, eq, gt, inArray, lt } from 'drizzle-orm';
import { events, turns } from '../db/agent/schema.ts';
import { holdsText, standingOf } from './openclaw-history.ts';
import { OpenClawLink } from './openclaw-link.ts';
import type { AgentDb } from './storage.ts';
import { sessionKeyOf } from './turns.ts';

/** Turns that OpenClaw is told of again, the newest: more would crowd out the conversation itself. */
const MAX_RECALLED_TURNS = 20;
/** A text is cut to this many characters when it is told again. */
const MAX_RECALLED_CHARS = 4_000;
/** Messages of OpenClaw's history that are searched for the turns. */
const HISTORY_LIMIT = 200;

interface LostTurn {
  id: string;
  text: string;
  answer: string;
}

/**
 * The turns of a session that ended after its sandbox's restore point was taken, in generations that
 * are over: OpenClaw does not know them. Oldest first.
 */
function lostTurns(
  db: AgentDb,
  options: { sessionId: string; generation: number; savedAt: number },
): LostTurn[] {
  const { sessionId, generation, savedAt } = options;
  const ended = ['final', 'aborted'] as const;
  return db
    .select({ id: turns.id, text: turns.text, data: events.data })
    .from(turns)
    .innerJoin(events, and(eq(events.turnId, turns.id), inArray(events.type, [...ended])))
    .where(
      and(
        eq(turns.sessionId, sessionId),
        lt(turns.generation, generation),
        gt(turns.endedAt, savedAt),
      ),
    )
    .orderBy(desc(turns.userSeq))
    .limit(MAX_RECALLED_TURNS)
    .all()
    .map(({ id, text, data }) => ({ id, text, answer: 'text' in data ? data.text : '' }))
    .toReversed();
}

const cut = (text: string): string =>
  text.length <= MAX_RECALLED_CHARS ? text : `${text.slice(0, MAX_RECALLED_CHARS)} […]`;

function noteOf(lost: readonly LostTurn[]): string {
  const said = lost.map(({ text, answer }) => `User: ${cut(text)}\nAssistant: ${cut(answer)}`);
  return [
    '[Recovered] My sandbox stopped before this part of our conversation was saved. It went like this:',
    ...said,
    'Files that I changed meanwhile may be as they were before.',
  ].join('\n\n');
}

/**
 * Tells OpenClaw what it lost of a session with a sandbox that was not saved in time, as a note in its
 * transcript. The conversation is in the agent's own log, so that nobody has to say anything twice.
 * Writing a transcript needs more rights than chatting, so it has a link of its own. Answers how many
 * turns it was told of.
 */
export async function recallLost(
  deps: {
    db: AgentDb;
    openGateway(): Promise<{ socket: WebSocket; token: string }>;
  },
  options: { sessionId: string; generation: number; savedAt: number },
): Promise<number> {
  const { db } = deps;
  const candidates = lostTurns(db, options);
  if (candidates.length === 0) return 0;
  const { socket, token } = await deps.openGateway();
  const scopes = ['operator.read', 'operator.write', 'operator.admin'];
  const link = await OpenClawLink.open(socket, { token, onEvent: () => undefined, scopes });
  try {
    const sessionKey = sessionKeyOf(options.sessionId);
    const history = await link.request('chat.history', { sessionKey, limit: HISTORY_LIMIT });
    const lost = candidates.filter(({ id }) => standingOf(history, id).kind === 'absent');
    const message = noteOf(lost);
    // The object may have died between telling and noting that it told.
    const isTold = lost.length === 0 || holdsText(history, message);
    if (!isTold) await link.request('chat.inject', { sessionKey, message });
    // From now on this generation knows them; one that starts from an older state does not.
    db.update(turns)
      .set({ generation: options.generation })
      .where(
        inArray(
          turns.id,
          candidates.map(({ id }) => id),
        ),
      )
      .run();
    return isTold ? 0 : lost.length;
  } finally {
    link.close();
  }
}
