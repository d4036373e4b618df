import type { TurnView } from '../contract/api.ts';
import type { SessionEvent, SessionView } from '../contract/frames.ts';
import type { Conversations } from './conversations.ts';
import type { Door } from './door.ts';
import type { LogEntry } from './log.ts';
import type { Caller } from './rpc.ts';
import * as sessions from './sessions.ts';
import type { AgentDb } from './storage.ts';

export interface SessionAccessDeps {
  db: AgentDb;
  door: Pick<Door, 'identify'>;
  conversations: Conversations;
  /** Due steps may have changed. */
  rested(): Promise<void>;
  log(entry: LogEntry): void;
}

/** What callers ask of sessions and turns: each is identified before anything is read or written. */
export class SessionAccess {
  readonly #deps: SessionAccessDeps;

  constructor(deps: SessionAccessDeps) {
    this.#deps = deps;
  }

  list(caller: Caller): SessionView[] {
    this.#deps.door.identify(caller);
    return sessions.listSessions(this.#deps.db);
  }

  create(caller: Caller, title: string | undefined): SessionView {
    this.#deps.door.identify(caller);
    return this.#deps.conversations.createSession(title);
  }

  rename(caller: Caller, id: string, title: string): SessionView {
    this.#deps.door.identify(caller);
    return this.#deps.conversations.renameSession(id, title);
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const { name } = this.#deps.door.identify(caller);
    await this.#deps.conversations.deleteSession(id, name);
  }

  history(
    caller: Caller,
    id: string,
    options: { after: number; limit: number },
  ): { session: SessionView; events: SessionEvent[]; more: boolean } {
    const { db, door } = this.#deps;
    door.identify(caller);
    const session = sessions.getSession(db, id);
    const events = sessions.readEvents(db, { sessionId: id, ...options });
    return { session, events, more: (events.at(-1)?.seq ?? session.lastSeq) < session.lastSeq };
  }

  async createTurn(
    caller: Caller,
    sessionId: string,
    options: { id: string; text: string; waitMs: number; requestId?: string },
  ): Promise<TurnView> {
    const { door, conversations, rested, log } = this.#deps;
    const { id, text, requestId } = options;
    const member = door.identify(caller);
    const turn = conversations.send(member, { id, sessionId, text });
    log({ level: 'info', msg: 'turn', requestId, sessionId, turnId: turn.id });
    await rested();
    return conversations.view(turn, options.waitMs);
  }

  async stop(caller: Caller, sessionId: string): Promise<{ stopped: number }> {
    const { name } = this.#deps.door.identify(caller);
    return { stopped: await this.#deps.conversations.stop(sessionId, name) };
  }
}
