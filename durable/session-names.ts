import { and, asc, eq } from 'drizzle-orm';
import type { SessionView } from '../contract/frames.ts';
import { events, sessions, turns } from '../db/agent/schema.ts';
import { callAsAgent } from './agent-call.ts';
import type { RelayDeps } from './model-call.ts';
import { getSession, renameSession, titleFrom } from './sessions.ts';
import type { AgentDb } from './storage.ts';
import { titleIn } from './title-words.ts';
import type { Turn } from './turns.ts';

const INSTRUCTIONS =
  'Write a title for this conversation: two to six words, in its own language. Answer with the title alone, without quotation marks and without a full stop.';
/** What of the message and of the answer is shown to the model, in characters: a title needs no more. */
const MAX_SHOWN_CHARS = 1_500;
/** Room for a model that thinks before it answers, in tokens. */
const MAX_TITLE_TOKENS = 400;
/** A title that takes longer is not worth waiting for, ms. */
const TITLE_TIMEOUT_MS = 45_000;

/** The session's first message and its answer, while its title is still made of that message. */
function untitled(
  db: AgentDb,
  sessionId: string,
): { turnId: string; text: string; answer: string } | null {
  const session = db
    .select({ title: sessions.title })
    .from(sessions)
    .where(eq(sessions.id, sessionId))
    .get();
  const first = db
    .select({ id: turns.id, text: turns.text, state: turns.state })
    .from(turns)
    .where(eq(turns.sessionId, sessionId))
    .orderBy(asc(turns.userSeq))
    .limit(1)
    .get();
  if (!session || first?.state !== 'done' || session.title !== titleFrom(first.text)) return null;
  const last = db
    .select({ data: events.data })
    .from(events)
    .where(and(eq(events.turnId, first.id), eq(events.type, 'final')))
    .get()?.data;
  return { turnId: first.id, text: first.text, answer: last?.type === 'final' ? last.text : '' };
}

/** Whether this turn, which has just ended, is the one after which its session is given a title. */
export function wantsName(db: AgentDb, { id, sessionId, workload }: Turn): boolean {
  return workload === 'chat' && untitled(db, sessionId)?.turnId === id;
}

/**
 * Asks the `summarize` workload for a session's title, and gives it to the session unless a person has
 * named it meanwhile. Answers the session, or null when it keeps the title it has. AppError when no
 * model answered or the call was refused.
 */
export async function nameSession(
  deps: RelayDeps & { db: AgentDb },
  sessionId: string,
): Promise<SessionView | null> {
  const { db } = deps;
  const said = untitled(db, sessionId);
  if (said === null) return null;
  const content = `User: ${said.text.slice(0, MAX_SHOWN_CHARS)}\n\nAssistant: ${said.answer.slice(0, MAX_SHOWN_CHARS)}`;
  const { text } = await callAsAgent(deps, {
    workload: 'summarize',
    body: {
      model: 'summarize',
      messages: [
        { role: 'system', content: INSTRUCTIONS },
        { role: 'user', content },
      ],
      max_tokens: MAX_TITLE_TOKENS,
    },
    timeoutMs: TITLE_TIMEOUT_MS,
  });
  const title = titleIn(text);
  // Asked again after the await: it may have been named or deleted meanwhile.
  if (title === null || untitled(db, sessionId) === null) return null;
  renameSession(db, sessionId, title);
  return getSession(db, sessionId);
}
